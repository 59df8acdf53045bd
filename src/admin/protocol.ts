import { z } from "zod";
import { oneLine } from "../base/text.ts";

// What goes over the admin socket: one line of JSON each way, one command for each connection (docs/formats.md section 12).

const instant = z.iso.datetime();
const purpose = z.enum(["issuer", "ledger"]);
const state = z.enum(["active", "upcoming", "retiring", "retired", "revoked"]);
const kid = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/);
const none = z.strictObject({});

const keyInfo = z.strictObject({
  purpose,
  kid,
  state,
  created_at: instant,
  active_from: instant,
  retired_at: instant.nullable(),
  /** Ledger keys only: what auditors are given. */
  public_key: z.string().nullable(),
  opens: z.boolean(),
  ledgers: z.array(z.string()),
});
const importStep = z.strictObject({
  purpose,
  kid,
  does: z.enum(["add", "add_private", "seal_again", "retire", "drop", "keep"]),
  /** An issuer key's, afterwards. */
  state: state.nullable(),
  /** `retire`: when it leaves the key set. */
  at: instant.nullable(),
  /** `keep`: what the file says otherwise. */
  why: z.enum(["revoked_here", "revoked_in_file", "other_times", "signs_here", "does_not_open"]).nullable(),
});

const repository = z.string().max(200).nullable();
const reason = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => oneLine(text) === text, "one line");
/** What was released and lives on. */
const credential = z.strictObject({
  kind: z.enum(["aws", "gcp", "azure", "github", "oidc"]),
  path: z.string(),
  run_id: z.int().positive(),
  /** At most. */
  until: instant,
  identifiers: z.record(z.string(), z.string()),
});
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const commit = z.string().regex(/^[0-9a-f]{40}$/);

/** Every command: what it takes and gives, and what of its parameters the log may have. */
export const adminCommands = {
  keys_list: { params: none, result: z.strictObject({ keys: z.array(keyInfo) }), logged: [] },
  keys_rotate: {
    params: z.strictObject({ purpose }),
    result: z.strictObject({
      purpose,
      kid,
      active_from: instant,
      /** Ledgers that are being handed over; null where no server runs that could: it does so when it starts. */
      ledgers: z.array(z.string()).nullable(),
    }),
    logged: ["purpose"],
  },
  keys_revoke: {
    params: z.strictObject({ kid }),
    result: z.strictObject({
      purpose,
      kid,
      already: z.boolean(),
      /** The key of that purpose that signs now. */
      signs: z.strictObject({ kid, fresh: z.boolean() }).nullable(),
    }),
    logged: ["kid"],
  },
  keys_export: { params: none, result: z.strictObject({ export: z.unknown() }), logged: [] },
  keys_import: {
    params: z.strictObject({ export: z.unknown(), dry_run: z.boolean(), drop_unreadable: z.boolean() }),
    result: z.strictObject({ steps: z.array(importStep), unreadable: z.array(kid) }),
    logged: ["dry_run", "drop_unreadable"],
  },
  grants_live: {
    params: none,
    result: z.strictObject({
      grants: z.array(
        z.strictObject({
          repository: z.string(),
          path: z.string(),
          target: z.string(),
          role: z.string(),
          requester: z.string(),
          pull_request: z.int().positive(),
          not_before: instant,
          expires_at: instant,
        }),
      ),
      /** Of these grants, and of those that ended. */
      credentials: z.array(credential.extend({ repository: z.string() })),
    }),
    logged: [],
  },
  grants_revoke: {
    /** `repository`: null where only one access repo has a live grant of this path. */
    params: z.strictObject({ repository, path: z.string().max(200), reason }),
    result: z.strictObject({
      repository: z.string(),
      path: z.string(),
      at: instant,
      credentials: z.array(credential),
      /** Lines that say how, none where Countersign ends them itself. */
      cut: z.array(z.string()),
    }),
    logged: ["repository", "path", "reason"],
  },
  policy_accept: {
    /** `repository`: null for the only one. */
    params: z.strictObject({ repository, digest, reason }),
    result: z.strictObject({ repository: z.string(), digest, previous: digest, commit, already: z.boolean() }),
    logged: ["repository", "digest", "reason"],
  },
  ledger_accept: {
    params: z.strictObject({ repository, reason }),
    result: z.strictObject({
      repository: z.string(),
      after: commit,
      tip: commit,
      foreign: z.int().nonnegative(),
      /** On the branch already; else a later flush records it. */
      recorded: z.boolean(),
    }),
    logged: ["repository", "reason"],
  },
} as const satisfies Readonly<
  Record<string, { readonly params: z.ZodType; readonly result: z.ZodType; readonly logged: readonly string[] }>
>;

export type AdminCommand = keyof typeof adminCommands;
/** Those that need no server, only its database. */
export type KeyCommand = Extract<AdminCommand, `keys_${string}`>;
export type AdminParams<C extends AdminCommand> = z.output<(typeof adminCommands)[C]["params"]>;
export type AdminResult<C extends AdminCommand> = z.output<(typeof adminCommands)[C]["result"]>;
/** What does the work of each command. A CountersignError reaches the operator with its code and message. */
export type AdminHandlers = {
  readonly [C in AdminCommand]: (params: AdminParams<C>) => Promise<AdminResult<C>>;
};

/**
 * `as` is what the client says of its user: a claim that anybody who may open the socket can make up. Node does not tell who is
 * at the other end (SO_PEERCRED), so it is recorded as said, and nothing is decided by it.
 */
export const adminRequest = z.strictObject({
  v: z.literal(1),
  command: z.string(),
  params: z.unknown(),
  as: z
    .string()
    .regex(/^[\w.@\\-]{1,64}$/)
    .optional(),
});
export const adminAnswer = z.union([
  z.strictObject({ ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ ok: z.literal(false), code: z.string(), message: z.string() }),
]);
export type AdminAnswer = z.output<typeof adminAnswer>;

/** Bytes of one line: an export of a thousand keys is about 3 MB. */
export const maxLine = 8 * 1024 * 1024;
