import type { Json, Reading } from "./facts.ts";

/** One call of GitHub's REST API: what `gh api` sends, and what `--fix` sends. */
export interface ApiCall {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  /** Without a leading slash; every part of it checked or percent-encoded. */
  readonly path: string;
  readonly body?: Json;
}

/** What mends a finding, and what it changes besides. Findings with one cause share one fix. */
export interface Fix {
  /** Names it within one report. */
  readonly id: string;
  /** What it does, as the end of "This …". */
  readonly does: string;
  readonly call: ApiCall;
  /** What nobody asks for any more afterwards, or who may do more. Empty: it only adds rules. Others need a person's yes. */
  readonly loosens: readonly string[];
}

/**
 * error: Countersign cannot work so, or a hole; warning: a seat belt is missing; unknown: could not be read;
 * note: fine, and good to know.
 */
export type Level = "error" | "warning" | "unknown" | "note";

export interface Finding {
  readonly code: Code;
  readonly level: Level;
  /** What is so. May hold names that people gave: a sink escapes it. */
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do, beside the command. */
  readonly cure: string;
  readonly fix?: Fix;
}

/** Every check by its name, with the one line that says why. Names are stable: scripts read them. */
export const codes = {
  "branch-pull-request":
    "Without it, whoever can push can change policy and requests past the app; that ends in quarantine, and here it can be prevented.",
  "branch-blocks-merge":
    "GitHub would refuse merges that Countersign's own rules admit: revocations, freezes, and what another owner approved than GitHub wants.",
  "branch-check":
    "A check counts from whoever posts it unless it is pinned: any workflow could post one named countersign.",
  "branch-strict":
    "Every update of a branch makes a new head, which voids all approvals; with two open requests none is ever merged.",
  "branch-merge-queue":
    "The app merges exactly the head that it judged, by the merge API; a queue merges another commit, and refuses that API.",
  "branch-force-push": "A rewritten history takes requests and approvals out of the audit trail.",
  "branch-deletion": "Without the branch there is no policy in force, and nothing is issued.",
  "branch-signatures": "GitHub merges no pull request with an unsigned commit then; what it squashes itself is signed.",
  "branch-other-rules": "The app waits until they are met, like everybody.",
  "branch-bypass": "Who may bypass can push past the rules. What comes that way never grants, but it stops others.",
  "branch-rules": "What GitHub asks for on the default branch decides whether the app can merge.",
  "ledger-rules": "Only the app may write there; anything else on the branch stops issuing until somebody accepts it.",
  "ledger-blocked": "No recorded commit, no credentials: the app must be able to write to its ledger.",
  "ledger-bypass": "Whoever may write there can stop issuing.",
  squash: "The app merges by squash, and by nothing else.",
  archived: "Nobody can write to an archived repository, not even the app.",
  visibility: "Requests say who does what, where, when and why, and the policy names accounts and roles.",
  "actions-approve":
    "A workflow could then approve pull requests for GitHub's rules. It never counts as an owner here.",
  "actions-write": "Every workflow that does not say otherwise could push to this repository.",
  policy: "Without a valid policy the repository is not enrolled, and nothing is granted.",
  codeowners: "Who owns a path decides who may approve it; where GitHub skips a line, it asks nobody or others.",
  team: "A team that GitHub does not show, or that may not write here, owns nothing, and nobody fills its slots.",
  "app-installation": "The app does everything with its installation here.",
  "app-permissions": "Each permission of the App is for one thing that then fails.",
  "app-events": "Without its events the app looks every minute instead of at once.",
  "app-power": "What the App does not need, somebody who steals its key does not need either.",
  "target-owner": "A workflow of another owner never gets credentials; there is no exception.",
  "target-repository":
    "The app reads the named workflow file there and starts runs; requests for it are refused otherwise.",
  "target-subject":
    "Clouds that trust GitHub directly look at `sub`; Countersign never reads it, so nothing changes here.",
  "not-looked-at": "Doctor asks GitHub about the first ones only.",
} as const satisfies Readonly<Record<string, string>>;
export type Code = keyof typeof codes;

/** A finding with the why of its code. */
export const found = (code: Code, level: Level, what: string, cure: string, fix?: Fix): Finding => ({
  code,
  level,
  what,
  why: codes[code],
  cure,
  ...(fix && { fix }),
});

/** That something could not be read, and what a reader needs. */
export const unknown = (
  code: Code,
  about: string,
  { why, needs }: Extract<Reading<unknown>, { kind: "unreadable" }>,
): Finding => found(code, "unknown", `${about} could not be read: ${why}`, `To see it: ${needs}.`);
