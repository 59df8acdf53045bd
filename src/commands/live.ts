import { Command } from "commander";
import { type AdminReply, type AdminResult, adminSocketPath, callAdmin } from "../admin/index.ts";
import { forTerminal, hasInvisible } from "../base/text.ts";
import type { ExitCode, Io } from "./io.ts";
import { done, failed, misuse } from "./keys-backend.ts";
import { processIo } from "./process-io.ts";

export interface LiveOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}
export interface RevokeOptions extends LiveOptions {
  readonly reason?: string;
  readonly repo?: string;
}
type Credential = AdminResult<"grants_revoke">["credentials"][number];

/** `countersign live`: what may be used, and what was given out and lives. */
export async function live(options: LiveOptions, io: Io): Promise<ExitCode> {
  const reply = await callAdmin(socket(options, io), "grants_live", {});
  return tell(io, options, reply, ({ grants, credentials }) => [
    grants.length === 0 ? "No grant is live." : `${grants.length} live:`,
    ...grants.map(
      (g) =>
        `  ${g.repository} ${g.path}  ${g.target}/${g.role} of ${g.requester} (#${g.pull_request}), ${g.not_before} to ${g.expires_at}`,
    ),
    credentials.length === 0 ? "No credentials are out." : `${credentials.length} credentials are out:`,
    ...credentials.map((c) => `  ${c.repository} ${credentialLine(c)}`),
  ]);
}

/** `countersign revoke PATH --reason TEXT`: where GitHub, and so a comment, cannot be reached. */
export async function revoke(path: string, options: RevokeOptions, io: Io): Promise<ExitCode> {
  const reason = options.reason?.trim() ?? "";
  if (reason === "" || reason.length > 500 || hasInvisible(reason) || reason.includes("  "))
    return misuse(io, 'Say why, for those who read the ledger: --reason "TEXT", one line of at most 500 characters.');
  const params = { repository: options.repo ?? null, path, reason };
  const reply = await callAdmin(socket(options, io), "grants_revoke", params);
  return tell(io, options, reply, (result) => [
    `Revoked at ${result.at}: ${result.repository} ${result.path} issues nothing any more. The ledger says so as soon as GitHub takes it.`,
    ...(result.credentials.length === 0
      ? ["No credentials of it are out."]
      : [
          result.cut.length === 0
            ? "What was given out lives until Countersign has revoked it at GitHub:"
            : "What was given out lives on, and can only be cut in its cloud:",
          ...result.credentials.map((c) => `  ${credentialLine(c)}`),
          ...result.cut,
        ]),
  ]);
}

const credentialLine = ({ kind, path, run_id, until, identifiers }: Credential): string =>
  `${kind} until ${until}, run ${run_id}, ${path}: ${Object.entries(identifiers)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ")}`;

const socket = (options: LiveOptions, io: Io): string =>
  adminSocketPath(options.dataDir ?? (io.env.DATA_DIR?.trim() || "./data"));

function tell<C extends "grants_live" | "grants_revoke">(
  io: Io,
  options: LiveOptions,
  reply: AdminReply<C>,
  lines: (result: Extract<AdminReply<C>, { ok: true }>["result"]) => readonly string[],
): ExitCode {
  if (!reply.ok) return failed(io, options, reply);
  if (options.json) done(io, reply.result);
  else for (const line of lines(reply.result)) io.out(`${forTerminal(line, 2000)}\n`);
  return 0;
}

const about = `
Speaks to the running server by the socket in its DATA_DIR, which only the server's user can open; with several replicas any one's does.
Exit code: 0 done; 1 refused, or no server answers; 2 misuse.`;

/** `countersign live` and `countersign revoke` (DESIGN.md section 6). */
export function liveCommands(): readonly Command[] {
  const command = (name: string, description: string, example: string): Command =>
    new Command(name)
      .description(description)
      .option("--data-dir <dir>", "the server's DATA_DIR (else from the environment, else ./data)")
      .option("--json", "one JSON object")
      .exitOverride()
      .addHelpText("after", `${about}\nExample:\n${example}`);
  return [
    command(
      "live",
      "List live grants, and credentials that are out",
      "  countersign live --data-dir /var/lib/countersign",
    ).action(async (options: LiveOptions) => {
      process.exitCode = await live(options, processIo());
    }),
    command(
      "revoke",
      "Revoke a live grant where GitHub cannot be reached; else comment /countersign revoke on its pull request",
      `  countersign revoke requests/aws-prod/2026-11/delete-stale-logs.yml --reason "The runner was taken over"`,
    )
      .argument("<path>", "of the request file, as `live` shows it")
      .requiredOption("--reason <text>", "why, in one line; the ledger keeps it")
      .option("--repo <owner/name>", "which access repo, where several have a live grant of this path")
      .action(async (path: string, options: RevokeOptions) => {
        process.exitCode = await revoke(path, options, processIo());
      }),
  ];
}
