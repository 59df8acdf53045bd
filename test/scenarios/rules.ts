import type { Actor } from "../../src/approval/types.ts";
import type { CommitSha } from "../../src/base/ids.ts";
import type { PullRequest, Repository } from "./model/repository.ts";
import type { ModelGitHub } from "./model/github.ts";

/** When a check run showed a plan on a head. */
export interface Shown {
  readonly head: CommitSha;
  readonly page: string;
  readonly at: Date;
}

/**
 * Why a request must not be granted, judged on the state of the model as it is this moment; undefined where it may be. The
 * approval rules of DESIGN.md sections 3 and 4 once more, for the company of the stories and as plainly as can be: written from
 * the text, sharing nothing with src/approval, so that a slip in one shows in the other.
 */
export function whyNot(
  github: ModelGitHub,
  repo: Repository,
  pull: PullRequest,
  request: {
    readonly planHash: string;
    readonly shown: readonly Shown[];
    readonly approvals: number;
    readonly rule: string;
    /** Granted to the requester by auto_approve so far; stories last less than a day. */
    readonly automatic: number;
    readonly perDay: number;
  },
): string | undefined {
  const { git } = repo;
  const author = pull.author;
  if (author?.kind !== "user") return "no person asks";
  if (pull.headRepository !== repo.id) return "from a fork";
  if (pull.base !== repo.defaultBranch) return "another base";
  if (!github.named("acme/infra")?.writers.has(author.login)) return "the requester has no write on the workflow";
  const base = pull.mergeCommit === null ? git.tip(pull.base).sha : git.at(pull.mergeCommit).parents[0];
  const commits = base === undefined ? [] : git.between(base, pull.head);
  const wrote: Actor[] = [author];
  for (const commit of commits) {
    for (const who of [...commit.authors, commit.committer === "web-flow" ? undefined : commit.committer]) {
      if (who === null) return "a commit of nobody";
      if (who) wrote.push(who);
    }
  }
  const pushes = repo.activity.filter((row) => row.ref === pull.branch);
  if (pushes.some((row) => row.actor === null)) return "a push of nobody";
  const last = pushes.findLast((row) => row.after === pull.head)?.actor;
  if (last) wrote.push(last);

  // Every rule stands on this; what follows is the owners' word.
  if (request.rule === "auto_approve") {
    const rows = pushes.filter((row) => row.after !== "0".repeat(40));
    if (github.secretTeams.has("acme/sre") || !github.teams.get("acme/sre")?.has(author.login)) return "not of sre";
    if (rows.some((row) => row.actor?.id !== author.id)) return "another pushed too";
    if (wrote.some((who) => who.id !== author.id)) return "another wrote or committed it";
    if (pull.draft) return "a draft";
    if (request.automatic >= request.perDay) return "the day's number is used up";
  }
  const owners = github.secretTeams.has("acme/cloud-owners") ? new Set() : github.teams.get("acme/cloud-owners");
  const words = new Map(pull.reviews.flatMap((review) => (review.author ? [[review.author.id, review]] : [])));
  const ofOwners = [...words.values()].filter(
    ({ author: who }) => who?.kind === "user" && owners?.has(who.login) && repo.writers.has(who.login),
  );
  if (ofOwners.some((r) => r.state === "CHANGES_REQUESTED" && r.author?.id !== author.id)) return "an owner objects";
  if (request.rule === "auto_approve") return undefined;
  const plans = request.shown.filter((check) => check.head === pull.head && check.page.includes(request.planHash));
  const counted = ofOwners.filter(
    (r) =>
      r.state === "APPROVED" &&
      r.commit === pull.head &&
      !wrote.some((who) => who.id === r.author?.id) &&
      plans.some((check) => check.at < r.submittedAt),
  );
  return counted.length >= request.approvals ? undefined : `${counted.length} of ${request.approvals} approvals`;
}
