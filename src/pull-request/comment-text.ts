import {
  newFileLink,
  parseRequest,
  parseRequestPath,
  type RepositoryPlace,
  requestText,
} from "../access-repo/index.ts";
import { type Decision, ownerText } from "../approval/index.ts";
import { formatInstant } from "../base/duration.ts";
import { forMarkdown, forMarkdownCode } from "../base/text.ts";
import type { EvaluatedRequest } from "./evaluate-request.ts";
import { notable } from "./notable.ts";

// What our one comment says. No time but GitHub's and the grant's own: the same state reads the same. Names of people stand in
// code spans: they are asked by GitHub, and a comment that is updated must not call anybody again.

/** A comment is worth it where two or more must approve, or something has to be looked at twice; one owner just opens the check. */
export const worthAComment = (requests: readonly EvaluatedRequest[], decision: Decision): boolean => {
  const people = Map.groupBy(decision.slots, (slot) => slot.path)
    .values()
    .map((slots) => slots.length);
  return Math.max(0, ...people) > 1 || requests.some((request) => notable(request).length > 0);
};

/** So many are named in a comment. */
const most = 10;

function some(items: readonly string[], words: (rest: number) => string): string[] {
  return [...items.slice(0, most), ...(items.length > most ? [words(items.length - most)] : [])];
}

/** Before the merge: what must be read, who is awaited, and where the whole is. */
export function waitingText(requests: readonly EvaluatedRequest[], decision: Decision, checks: string): string {
  const risks = [...new Set(requests.flatMap(notable).map((risk) => risk.text))].map(
    (text) => `- ${forMarkdown(text, 1000)}`,
  );
  const awaited = some(
    decision.awaited.map((owner) => forMarkdownCode(ownerText(owner))),
    (rest) => `${rest} more`,
  );
  const open = decision.slots.filter((slot) => slot.filledBy === null).length;
  return [
    ...(risks.length === 0
      ? []
      : ["To be read before anybody approves:", "", ...some(risks, (rest) => `- and ${rest} more`), ""]),
    ...(decision.outcome === "blocked" ? ["An owner asked for changes.", ""] : []),
    ...(decision.outcome === "pending"
      ? [
          `${open} of ${decision.slots.length} approvals are missing: ${awaited.length === 0 ? "nobody is left who may give them" : awaited.join(", ")}.`,
          "",
        ]
      : []),
    `[What is asked for, in full](${checks})`,
  ].join("\n");
}

/** A grant as its requester is told of it. */
export interface TellableGrant {
  readonly path: string;
  readonly target: string;
  readonly role: string;
  readonly state: "active" | "revoked" | "expired" | "quarantined";
  readonly notBefore: Date;
  readonly expiresAt: Date;
  /** null: not started by us. */
  readonly dispatch: {
    readonly state: "pending" | "sent" | "bound" | "failed";
    readonly runId: string | null;
    readonly reason: string | null;
  } | null;
  /** Run attempts that exchanged, the newest first, at most ten. */
  readonly uses: readonly { readonly runId: string; readonly attempt: number }[];
  readonly refusal: { readonly words: string; readonly correlationId: string; readonly at: Date } | null;
  /** Name of the workflow's repository, where it is known. */
  readonly workflowRepository: string | null;
  /** The request's file. */
  readonly text: string | null;
}

/** Whether there is something to say that the requester would otherwise have to look for. */
export const worthTelling = (grant: TellableGrant): boolean =>
  endedUnused(grant) || grant.refusal !== null || grant.dispatch?.state === "failed";

const endedUnused = ({ state, uses }: TellableGrant): boolean => state !== "active" && uses.length === 0;

/** After the merge: until when, which run, used or not, refused why, and how to ask again. */
export function grantedText(grants: readonly TellableGrant[], place: RepositoryPlace): string {
  return (
    grants
      .slice(0, most)
      .map((grant) => oneGrant(grant, place).join("\n"))
      .join("\n\n") + moreText(grants.length - most)
  );
}

const moreText = (rest: number): string => (rest > 0 ? `\n\nAnd ${rest} more.` : "");

function oneGrant(grant: TellableGrant, place: RepositoryPlace): string[] {
  const { refusal } = grant;
  const lines = [
    `**${forMarkdown(`${grant.target}/${grant.role}`)}** for ${forMarkdownCode(grant.path)}: ${windowText(grant)}.`,
    ...dispatchText(grant, place.host),
    usesText(grant, place.host),
    ...(refusal === null
      ? []
      : [
          `A job was refused at ${formatInstant(refusal.at)}: ${forMarkdown(refusal.words, 1000)} Correlation id ${forMarkdownCode(refusal.correlationId)}.`,
        ]),
    ...(worthTelling(grant) ? againText(grant, place) : []),
  ];
  return [lines[0] ?? "", "", ...lines.slice(1).map((line) => `- ${line}`)];
}

function windowText({ state, notBefore, expiresAt }: TellableGrant): string {
  const window = `from ${formatInstant(notBefore)} until ${formatInstant(expiresAt)}`;
  switch (state) {
    case "active":
      return `granted ${window}`;
    case "expired":
      return `was granted ${window}, and has ended`;
    case "revoked":
      return `was granted ${window}, and was revoked`;
    case "quarantined":
      return "in quarantine, nothing is issued";
  }
}

function dispatchText({ dispatch, workflowRepository }: TellableGrant, host: string): string[] {
  switch (dispatch?.state) {
    case "pending":
    case "sent":
      return ["Countersign starts the run."];
    case "bound":
      return [`Started as ${runLink(host, workflowRepository, dispatch.runId ?? "")}.`];
    case "failed":
      return [`The run could not be started (${forMarkdownCode(dispatch.reason ?? "unknown")}).`];
    case undefined:
      return [];
  }
}

/** Numbers and a repository's name, both checked when they were read; anything else is no link. */
function runLink(host: string, repository: string | null, runId: string): string {
  const known = /^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/.test(repository ?? "") && /^[0-9]+$/.test(runId);
  return known ? `[run ${runId}](${host}/${repository}/actions/runs/${runId})` : `run ${forMarkdownCode(runId)}`;
}

function usesText(grant: TellableGrant, host: string): string {
  const { uses, state } = grant;
  if (uses.length === 0) return state === "active" ? "Not used yet." : "It was never used.";
  const runs = uses.map(
    ({ runId, attempt }) =>
      `${runLink(host, grant.workflowRepository, runId)}${attempt > 1 ? `, attempt ${attempt}` : ""}`,
  );
  return `Used by ${some(runs, (rest) => `${rest} more`).join("; ")}.`;
}

/** GitHub's page for a new file with the same request under the next name; a start that has passed is left out. */
function againText({ path, text }: TellableGrant, place: RepositoryPlace): string[] {
  const parsed = text === null ? undefined : parseRequest(text, path);
  const next = nextPath(path);
  if (!parsed?.ok || next === undefined) return [];
  const { start: _, break_glass: __, ...fields } = parsed.value;
  const link = newFileLink(place, next, requestText(fields));
  return link === undefined ? [] : [`[Ask again](${link})`];
}

/** `…/delete-logs.yml` becomes `…/delete-logs-2.yml`, and that `-3`: a name is used once (C33). */
export function nextPath(path: string): string | undefined {
  const [, stem = "", number] = /^(.*?)(?:-([1-9][0-9]{0,3}))?\.yml$/.exec(path) ?? [];
  const next = `${stem}-${Number(number ?? 1) + 1}.yml`;
  return stem !== "" && parseRequestPath(next) ? next : undefined;
}
