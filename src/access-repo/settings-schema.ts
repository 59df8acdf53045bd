import * as z from "zod";
import { approvals, duration, login, owner, targetName } from "./names.ts";
import { doc, type Frozen, leaf, list, object, version } from "./schema.ts";

const freezeEntry = z.union([
  leaf(
    "all, or one of target:, requester:, approver:",
    (text) => (text === "all" ? { kind: "all" as const } : undefined),
    {
      json: { const: "all" },
    },
  ),
  object({ target: doc(targetName, "Target", "Nothing of this target.", "aws-prod") }).transform(({ target }) => ({
    kind: "target" as const,
    target,
  })),
  object({ requester: doc(login, "Requester", "Nothing that this account asked for.", "@alice") }).transform((v) => ({
    kind: "requester" as const,
    login: v.requester,
  })),
  object({ approver: doc(login, "Approver", "Nothing that this account approved.", "@bob") }).transform((v) => ({
    kind: "approver" as const,
    login: v.approver,
  })),
]);

const hour = 3600;
const day = 86_400;

/** `.github/countersign.yml` (DESIGN.md section 3) */
export const settingsSchema = object({
  version,
  approvals: doc(
    approvals.prefault("1"),
    "Approvals by owners",
    "Owner slots of each request path; at least 1. A role may raise it.",
    1,
  ),
  pending_expiry: doc(
    duration(hour, 90 * day).prefault("7d"),
    "Life of an unapproved request",
    "A request pull request that is not approved by then is closed.",
    "7d",
  ),
  break_glass: doc(
    object({
      members: doc(list(owner, 1, 50), "Who may", "Logins or teams.", ["@acme/incident-commanders"]),
      max_duration: doc(duration(60).prefault("1h"), "Longest access", "Of a break-glass request.", "1h"),
      review_within: doc(
        duration(hour, 90 * day).prefault("3d"),
        "Time for the review",
        "By an owner, after. Overdue: the role's next break-glass is refused until it is done.",
        "72h",
      ),
    }).exactOptional(),
    "Break-glass",
    "Access without approval, where the role admits it too. Every skipped owner is told, and an owner who is not the person reviews it after.",
  ),
  frozen: doc(
    list(freezeEntry, 0, 1000).prefault([]),
    "Freeze",
    "What is stopped at once: merges, grants, started workflows and credentials.",
    ["all"],
  ),
});

type WrittenFreeze = Frozen<z.output<typeof freezeEntry>>;
type WithAccounts<T> = T extends { readonly login: string } ? T & { readonly accounts?: readonly number[] } : T;
type WrittenSettings = Frozen<z.output<typeof settingsSchema>>;

/**
 * One line of `frozen:`; see DESIGN.md section 4, Freeze. Of a person with the ids of the accounts that had the login when it
 * was frozen, where they are known (frozen.ts): never from the file, and in no digest or comparison of files.
 */
export type FreezeEntry = WithAccounts<WrittenFreeze>;
export type Settings = Omit<WrittenSettings, "frozen"> & { readonly frozen: readonly FreezeEntry[] };
