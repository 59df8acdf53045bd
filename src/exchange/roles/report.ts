import { forMarkdown, forMarkdownBlock, forMarkdownCode, oneLine } from "../../base/text.ts";
import type { CheckContent } from "../../github/index.ts";
import { subjectOf } from "../../plan/index.ts";
import type { RepositoryId } from "../../base/ids.ts";
import type { CloudKind } from "../../access-repo/types.ts";
import { audience } from "../../setup/aws-model.ts";
import { withoutScheme } from "../../setup/issuer-url.ts";
import { inline } from "../../setup/shell.ts";
import { mostRoles, type Row } from "./plan.ts";

type Found = Pick<Row, "target" | "role" | "kind" | "state" | "outcome" | "code" | "message">;

export interface RolesReport {
  /** Those that this commit changed. */
  readonly roles: readonly (Found & { readonly frozen: boolean })[];
  /** Of earlier commits, and not found right. */
  readonly others: readonly Found[];
  readonly leftOut: number;
  readonly issuerUrl: string;
  readonly repositoryId: RepositoryId;
}

type State = "missing" | "frozen" | "waits" | "unknown" | "not tried" | "ok";
const stateOf = ({ outcome, state, frozen }: RolesReport["roles"][number]): State => {
  if (state === "done") return outcome ?? "not tried";
  if (frozen) return "frozen";
  return outcome === "unknown" ? "waits" : "not tried";
};
const order: readonly State[] = ["missing", "unknown", "waits", "frozen", "not tried", "ok"];

/** What is told in full; the rest by name, since GitHub shows at most 64 KB. */
const mostInFull = 25;

/** The check run `countersign / roles` (issue 4): what people read, and nothing that decides. Every text goes through its sink. */
export function rolesCheck(report: RolesReport): CheckContent {
  const states = report.roles.map((role) => ({ role, state: stateOf(role) }));
  const of = (state: State) => states.filter((each) => each.state === state).map(({ role }) => role);
  const lines: string[] = [
    "The policy of this commit is in force. Each role that it changes was tried once at its cloud, without a grant and with the " +
      "least that the cloud gives; nothing of it was kept. What is missing here stops no approval, but every job that wants the role.",
    "",
  ];
  let full = 0;
  for (const state of order)
    for (const role of of(state)) {
      const short = full >= mostInFull || state === "ok";
      if (!short) full++;
      lines.push(...(short ? [`- ${name(role)} ${words[state]}`] : inFull(report, role, state)));
    }
  if (report.leftOut > 0)
    lines.push(
      `- ${report.leftOut} more roles were left out: one policy has at most ${mostRoles} tried. *Check again* takes the next.`,
    );
  if (report.others.length > 0) {
    const shown = report.others.slice(0, mostInFull).map(name);
    const more = report.others.length > shown.length ? ` and ${report.others.length - shown.length} more` : "";
    lines.push("", `Not changed here, and not found right when last tried: ${shown.join(", ")}${more}.`);
  }
  if (report.roles.some(({ state }) => state === "due"))
    lines.push("", "What is not tried yet goes on here; where a newer policy was accepted, on the commit of that one.");
  lines.push("", "Once it is mended, press *Check again*. The ledger has each result as `checked`.");
  return {
    about: "roles",
    status: "completed",
    conclusion: conclusionOf(
      states.map(({ state }) => state),
      report.leftOut,
    ),
    title: oneLine(
      titleOf(
        states.map(({ state }) => state),
        of("missing"),
        report.leftOut,
      ),
      60,
    ),
    summary: lines.join("\n").slice(0, 64_000),
    annotations: [],
  };
}

const words: Readonly<Record<State, string>> = {
  ok: "can be assumed",
  missing: "cannot be assumed",
  unknown: "is not checked: its cloud did not answer",
  waits: "is not checked yet: its cloud did not answer; it is tried again",
  frozen: "is not checked: frozen",
  "not tried": "is not checked yet",
};
const name = ({ target, role }: Pick<Found, "target" | "role">): string => `**${forMarkdown(`${target}/${role}`)}**`;

function inFull({ issuerUrl, repositoryId }: RolesReport, found: Found, state: State): readonly string[] {
  const head = `- ${name(found)} ${words[state]}`;
  if (found.message === null || state === "frozen" || state === "not tried") return [head];
  const lines = [`${head} (${forMarkdownCode(found.code ?? "")}). ${forMarkdown(found.message, 1500)}`];
  if (state !== "missing") return lines;
  const kind = found.kind as CloudKind;
  const subject = subjectOf(repositoryId, kind, found.target, found.role) ?? "";
  if (kind !== "github") lines.push(`  - Issuer ${forMarkdownCode(issuerUrl)}, subject ${forMarkdownCode(subject)}`);
  if (kind === "aws") {
    const issuer = withoutScheme(issuerUrl);
    const equals = { StringEquals: { [`${issuer}:aud`]: audience, [`${issuer}:sub`]: subject } };
    lines.push(`  - Condition of its trust policy: ${forMarkdownCode(JSON.stringify(equals).slice(1, -1), 1000)}`);
  }
  const command = inline(
    "npx",
    "countersign",
    "setup",
    found.target,
    "--role",
    found.role,
    "--issuer-url",
    issuerUrl,
    "--repository-id",
    String(repositoryId),
  );
  const block = forMarkdownBlock(command, "sh").split("\n");
  return [
    ...lines,
    "  - What to create is printed, in a clone of this repository, by",
    ...block.map((line) => `    ${line}`),
  ];
}

function conclusionOf(states: readonly State[], leftOut: number): NonNullable<CheckContent["conclusion"]> {
  if (states.includes("missing")) return "failure";
  return leftOut > 0 || states.some((state) => state !== "ok") ? "neutral" : "success";
}

function titleOf(states: readonly State[], missing: readonly Found[], leftOut: number): string {
  const count = (...wanted: readonly State[]): number => states.filter((state) => wanted.includes(state)).length;
  const all = `${states.length} ${states.length === 1 ? "role" : "roles"}`;
  if (missing.length > 0)
    return `${missing.length} of ${all} cannot be assumed: ${missing.map(({ target, role }) => `${target}/${role}`).join(", ")}`;
  if (count("not tried") > 0) return `${states.length - count("not tried")} of ${all} tried so far`;
  if (count("unknown", "waits") > 0) return `${count("unknown", "waits")} of ${all} not checked: no answer`;
  if (count("frozen") > 0) return `${count("frozen")} of ${all} not checked: frozen`;
  if (leftOut > 0) return `${all} can be assumed, ${leftOut} left out`;
  return states.length === 1 ? "The role can be assumed" : `All ${all} can be assumed`;
}
