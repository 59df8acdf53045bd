import type { Owner, Policy, PolicyFiles, ResolvedRequest } from "../access-repo/types.ts";
import { commitSha, digest, objectId, ownerId, pullRequestId, repositoryId, type UserId, userId } from "../base/ids.ts";
import { decide } from "./decide.ts";
import { ownerText, teamKey } from "./owners.ts";
import { noStanding } from "./standing.ts";
import type { Actor, Decision, Memberships, Review, Slot, Snapshot } from "./types.ts";

/** Accounts and teams that stand for GitHub's: a login is one account, a team is one team, whatever their case. */
export interface Company {
  readonly account: (login: string) => Actor;
  readonly memberships: Memberships;
}

/** Who asks and who approved: what a policy test says about people. Logins without @. */
export interface Cast {
  readonly requester: string;
  readonly approvedBy: readonly string[];
  readonly company: Company;
}

/** @param teams `@org/team` to logins. What is spelled twice in different case is one team, with the people of both. */
export function companyOf(teams: Readonly<Record<string, readonly string[]>>): Company {
  const known = new Map<string, Actor>();
  const account = (login: string): Actor => {
    const key = login.toLowerCase();
    const actor = known.get(key) ?? { id: userId(known.size + 1), login, kind: "user" };
    known.set(key, actor);
    return actor;
  };
  const members = new Map<string, Set<UserId>>();
  for (const [name, logins] of Object.entries(teams)) {
    const [org, slug] = name.replace(/^@/, "").split("/");
    if (org === undefined || slug === undefined) continue;
    const key = teamKey({ org, slug });
    members.set(key, new Set([...(members.get(key) ?? []), ...logins.map((login) => account(login).id)]));
  }
  return { account, memberships: { teams: members } };
}

/** A requester whom no account can be, and nobody else: what is left to be approved is all that the rules want. */
export const nobody: Cast = { requester: "(the requester)", approvedBy: [], company: companyOf({}) };

const sha = (digit: string): string => digit.repeat(40);
const head = commitSha(sha("a"));
const posted = new Date(0);
const later = new Date(1000);

/**
 * The decision that the real rules make over a plain pull request of the requester's own, with approvals given after its plan
 * was posted. What a policy test checks is thereby the code that decides, and nothing beside it.
 * @param basis the policy, and the files that it was loaded from
 */
export function rehearse(
  basis: { readonly policy: Policy; readonly files: PolicyFiles },
  request: ResolvedRequest,
  cast: Cast,
): Decision {
  const { policy, files } = basis;
  const { account, memberships } = cast.company;
  const requester = account(cast.requester);
  const review = (login: string): Review => ({
    author: account(login),
    state: "APPROVED",
    commit: head,
    submittedAt: later,
    canPush: true,
  });
  return decide({
    snapshot: plainPullRequest(files, requester, request.path.path, cast.approvedBy.map(review)),
    policy,
    memberships,
    subject: {
      kind: "request",
      requests: [{ request, blob: objectId(sha("b")), planHash: digest(`sha256:${"0".repeat(64)}`) }],
    },
    planPostedAt: posted,
    excluded: [],
    standing: noStanding,
  });
}

function plainPullRequest(files: PolicyFiles, author: Actor, path: string, reviews: readonly Review[]): Snapshot {
  const id = repositoryId(1);
  return {
    repository: { id, ownerId: ownerId(1), fullName: "policy/test", defaultBranch: "main" },
    tip: { sha: commitSha(sha("c")), policy: files },
    pullRequest: {
      id: pullRequestId(1),
      number: 1,
      title: "",
      state: "open",
      draft: false,
      author,
      baseRef: "main",
      headRef: "ask",
      headSha: head,
      headRepositoryId: id,
      mergeCommit: null,
      openedAt: posted,
      closedBy: null,
      requestedReviewers: [],
    },
    changes: [{ path, status: "added" }],
    commits: [{ sha: head, authors: [author], committer: author }],
    pushes: [{ before: sha("0"), after: head, actor: author, at: posted }],
    reviews,
  };
}

/** Open slots, those of one kind counted together: `2 @acme/sre @bob, 1 @acme/security`. */
export function openSlots(slots: readonly Slot[]): readonly { readonly count: number; readonly slot: Slot }[] {
  const open = slots.filter((slot) => slot.filledBy === null);
  const kinds = Map.groupBy(open, (slot) => `${slot.rule} ${ownersKey(slot.from)}`);
  return [...kinds.values()].flatMap((same) => (same[0] === undefined ? [] : [{ count: same.length, slot: same[0] }]));
}

/** One text for one set of owners, whatever their order, case or repetition. */
export const ownersKey = (owners: readonly Owner[]): string =>
  [...new Set(owners.map((owner) => ownerText(owner).toLowerCase()))].sort().join(" ");
