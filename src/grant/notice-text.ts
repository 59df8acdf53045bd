import { forMarkdown, forMarkdownCode } from "../base/text.ts";
import type { CommitPeople } from "../github/types.ts";
import type { Enrolment } from "../pull-request/index.ts";
import type { QuarantineCode } from "./judge-requests.ts";

// What the issues about quarantine say. Logins and paths stand in code spans: nobody is mentioned, nothing is a link (C62).

/** Lines of one list; what is more is counted. */
export const mostListed = 50;

export interface NoticeText {
  readonly title: string;
  readonly body: string;
}
/** One file on the default branch that never grants. */
export interface QuarantinedFile {
  readonly path: string;
  readonly commit: string;
  readonly code: string;
}

function by(people: CommitPeople | undefined): string {
  const named = (what: string, login: string | undefined) =>
    login === undefined ? [] : [`${what} ${forMarkdownCode(login, 60)}`];
  const all = [
    ...named("pushed by", people?.pusher?.login),
    ...named("author", people?.author?.login),
    ...named("committer", people?.committer?.login),
  ];
  return all.length === 0 ? "GitHub names nobody" : all.join(", ");
}

const listed = (lines: readonly string[], total: number): readonly string[] =>
  total > lines.length ? [...lines, `- and ${total - lines.length} more`] : lines;

export function policyNotice(
  enrolment: Enrolment,
  {
    digest,
    commits,
    total,
  }: { readonly digest: string; readonly commits: readonly CommitPeople[]; readonly total: number },
): NoticeText {
  const branch = forMarkdownCode(enrolment.defaultBranch, 100);
  const repo = enrolment.fullName;
  return {
    title: "Policy quarantine: nothing is granted or issued",
    body: [
      `The policy on ${branch} was changed without a decision of Countersign. **No request is decided, nothing is granted, no credentials are issued** until this has ended.`,
      "",
      `- On ${branch}: ${forMarkdownCode(digest, 80)}`,
      `- In force: ${forMarkdownCode(enrolment.accepted?.digest ?? "none", 80)}, as of ${enrolment.accepted?.commit ?? "no commit"}`,
      "",
      "It came with:",
      ...listed(
        commits.map((one) => `- ${one.sha}: ${by(one)}`),
        total,
      ),
      "",
      "What to do, one of:",
      "",
      '1. **It was a mistake**: put the policy files back as they are in force, by a pull request or a push. Countersign says "Restores the accepted policy".',
      "2. **It is wanted**: open a policy pull request, if only with a comment in a policy file. It shows all that differs from the policy in force; the owners under that policy approve it.",
      `3. **No owner can act**: the operator of the server runs ${forMarkdownCode(`countersign policy accept ${digest} --repo ${repo} --reason "…"`, 500)}.`,
      "",
      "This issue closes itself when that is done.",
    ].join("\n"),
  };
}

const reasons: Readonly<Record<QuarantineCode, string>> = {
  policy_quarantine: "it came while the policy was in quarantine",
  no_pull_request: "it came without a pull request that GitHub merged",
  mixed_commit: "its commit changes something else as well, or renames or edits a request",
  no_decision: "Countersign had not approved it when it was merged",
  decision_differs: "what was approved did not hold any more when it was merged",
  name_used: "a grant had this name before",
  slot_over: "it was merged after its time",
  frozen: "it was frozen when it was merged",
  per_day: "automatic approvals of the same moment had used up the day's number",
  revoked: "it had been revoked by then",
};
const reason = (code: string): string =>
  Object.hasOwn(reasons, code) ? reasons[code as QuarantineCode] : forMarkdown(code, 60);

export function requestsNotice(
  enrolment: Enrolment,
  files: readonly QuarantinedFile[],
  people: readonly CommitPeople[],
  total: number,
): NoticeText {
  const branch = forMarkdownCode(enrolment.defaultBranch, 100);
  const of = new Map(people.map((one): [string, CommitPeople] => [one.sha, one]));
  const lines = files.map(
    ({ path, commit, code }) =>
      `- ${forMarkdownCode(path, 200)}: ${reason(code)}. Commit ${commit}, ${by(of.get(commit))}`,
  );
  return {
    title: total === 1 ? "A request that never grants" : `${total} requests that never grant`,
    body: [
      `These files reached ${branch} without a decision of Countersign that holds. **None of them grants anything, now or later.**`,
      "",
      ...listed(lines, total),
      "",
      "What to do: delete them, by a pull request or a push. Who needs the access asks again in a pull request with another file name.",
      "",
      "This issue closes itself when the files are gone.",
    ].join("\n"),
  };
}
