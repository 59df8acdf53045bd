import type { Owner } from "../access-repo/types.ts";
import { formatDuration } from "../base/duration.ts";
import { gate, type Gate } from "./nodes.ts";
import { ownersText } from "./owners.ts";
import { pushedByAnother } from "./requester-alone.ts";
import { roleKey } from "./standing.ts";
import type { DecisionInput } from "./types.ts";

type Input = Pick<DecisionInput, "policy" | "snapshot" | "subject" | "standing">;

const wayOut = "remove break_glass from the file, and its owners approve as ever";

/** Whether a request of this pull request asks for break-glass. Then that rule decides, and no other. */
export const asksForBreakGlass = ({ subject }: Pick<Input, "subject">): boolean =>
  subject.kind === "request" && subject.requests.some(({ request }) => request.break_glass !== undefined);

/** Who may, by the settings in force. */
export const breakGlassMembers = ({ policy }: Pick<Input, "policy">): readonly Owner[] =>
  policy.settings.break_glass?.members ?? [];

/**
 * What must hold of a break-glass request beside its requester's live membership (DESIGN.md section 4). It skips approvals and
 * nothing else: these gates stand beside all the others, and no review mends them.
 */
export function breakGlassGates(input: Input): readonly Gate[] {
  if (!asksForBreakGlass(input)) return [];
  const why = whyNot(input);
  return [gate("break_glass", why === undefined, "Break-glass may be used here.", `${why}: ${wayOut}.`)];
}

function whyNot({ policy, snapshot, subject, standing }: Input): string | undefined {
  const requests = subject.kind === "request" ? subject.requests.map((one) => one.request) : [];
  const settings = policy.settings.break_glass;
  const ordinary = requests.find((one) => one.break_glass === undefined);
  if (ordinary !== undefined)
    return `Break-glass is for every request of a pull request or for none, and ${ordinary.path.path} does not ask for it`;
  if (settings === undefined) return "The settings name nobody who may use break-glass";
  const closed = requests.find((one) => !one.role.break_glass);
  if (closed !== undefined) return `${roleKey(closed.path.target, closed.roleName)} does not admit break-glass`;
  const long = requests.find((one) => one.duration > settings.max_duration);
  if (long !== undefined)
    return `Break-glass lasts at most ${formatDuration(settings.max_duration)}, and ${long.path.path} asks for ${formatDuration(long.duration)}`;
  if (standing.askedByJob) return "Break-glass is for people, and a job asked for this";
  const pushed = pushedByAnother(snapshot);
  if (pushed !== undefined) return `Break-glass is for the requester's pushes alone, and ${pushed}`;
  const asked = new Set(requests.map((one) => roleKey(one.path.target, one.roleName)));
  const owed = standing.overdue.find(({ role }) => asked.has(role));
  if (owed === undefined) return undefined;
  const where = owed.issue === null ? `of pull request #${owed.pullRequest}` : `in issue #${owed.issue}`;
  return `The last break-glass of ${owed.role} was not reviewed in time (${where}: an owner comments /countersign reviewed there)`;
}

/** The gate that needs GitHub's word on who is in which team. */
export function membershipGate(input: Input, isMember: boolean): Gate {
  const who = input.snapshot.pullRequest.author?.login ?? "The requester";
  const members = ownersText(breakGlassMembers(input));
  return gate(
    "break_glass",
    isMember,
    `${who} is one of ${members}.`,
    `${who} may not use break-glass, which is for ${members}: ${wayOut}.`,
  );
}
