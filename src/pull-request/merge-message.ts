import type { Decision } from "../approval/index.ts";
import type { Snapshot } from "../approval/types.ts";
import { formatDuration, formatInstant } from "../base/duration.ts";
import { forCommitBody, forTrailer, withoutCommands } from "../base/text.ts";
import { mergeTitle } from "./check-text.ts";
import type { EvaluatedRequest } from "./evaluate-request.ts";

/** Title and message of a squash merge. */
export interface MergeMessage {
  readonly title: string;
  readonly message: string;
}

const trailer = (key: string, value: string): string => `${key}: ${forTrailer(value)}`;

/**
 * Trailers for readers of `git log` (DESIGN.md section 2, Merge); nothing reads them as fact. Keys are ours, values are from
 * our fields and one line each. The reason is indented, so that no line of it can pass for a trailer (C62). "Expires" is what
 * can be known before the merge: the end where a start is given, else the duration.
 */
export function requestMessage(
  snapshot: Snapshot,
  requests: readonly EvaluatedRequest[],
  decision: Decision,
  ledgerHead: string | null,
): MergeMessage {
  const { pullRequest } = snapshot;
  const reasons = requests.map(({ request }) => forCommitBody(withoutCommands(request.reason)));
  const trailers = [
    trailer("Requested-by", pullRequest.author?.login ?? "unknown"),
    ...decision.approvers.map((a) => trailer("Approved-by", a.login)),
    // Owners are who approved; any other rule is named, since nobody is.
    ...(decision.rule === null || decision.rule === "owners" ? [] : [trailer("Rule", decision.rule)]),
    ...requests.flatMap(({ request }) => [
      trailer("Request", request.path.path),
      trailer("Target", request.target.name),
      trailer("Role", request.roleName),
      ...(request.ticket === undefined ? [] : [trailer("Ticket", withoutCommands(request.ticket))]),
      trailer("Expires", expires(request.start, request.duration)),
    ]),
    trailer("Pull-request", `#${pullRequest.number}`),
    ...(ledgerHead === null ? [] : [trailer("Ledger-head", ledgerHead)]),
  ];
  return {
    title: `${withoutCommands(mergeTitle(requests))} (#${pullRequest.number})`,
    message: [...reasons, "", ...trailers].join("\n"),
  };
}

const expires = (start: Date | undefined, duration: number): string =>
  start === undefined
    ? `${formatDuration(duration)} after this commit`
    : formatInstant(new Date(start.getTime() + duration * 1000));

export function policyMessage(
  snapshot: Snapshot,
  paths: readonly string[],
  decision: Decision,
  ledgerHead: string | null,
): MergeMessage {
  const { pullRequest } = snapshot;
  const trailers = [
    trailer("Requested-by", pullRequest.author?.login ?? "unknown"),
    ...decision.approvers.map((a) => trailer("Approved-by", a.login)),
    trailer("Pull-request", `#${pullRequest.number}`),
    ...(ledgerHead === null ? [] : [trailer("Ledger-head", ledgerHead)]),
  ];
  return {
    title: `Policy: ${forTrailer(paths.join(", "), 180)} (#${pullRequest.number})`,
    message: [...paths.map((p) => forCommitBody(`changes ${p}`)), "", ...trailers].join("\n"),
  };
}
