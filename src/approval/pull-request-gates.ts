import { policyDigest } from "../access-repo/index.ts";
import { gate, type Gate } from "./nodes.ts";
import type { DecisionInput } from "./types.ts";

type Input = Pick<DecisionInput, "snapshot" | "policy" | "subject">;

/** What must hold of the pull request itself. A draft is decided like any other; only the merge asks about it. */
export const pullRequestGates = (input: Input): readonly Gate[] => [policyGate(input), ...shapeGates(input)];

/**
 * The live tip must hold the policy that decides, or a decision would stand on rules that nobody accepted (C16, C53).
 * Not asked of merged pull requests, which are judged under the digest at the merge commit's first parent while the tip may
 * have moved on, nor of policy pull requests, which may be the way out of a quarantine, nor of revocations, since ending is always
 * allowed: the caller vouches for all of them.
 */
function policyGate({ snapshot, policy, subject }: Input): Gate {
  const asked = subject.kind === "request" && snapshot.pullRequest.state === "open";
  return gate(
    "policy_in_force",
    !asked || policyDigest(snapshot.tip.policy) === policy.digest,
    "The accepted policy decides.",
    `The policy on ${snapshot.repository.defaultBranch} is not the accepted one: restore it or have it accepted by a policy pull request.`,
  );
}

/** What every pull request must be that we merge. */
export function shapeGates({ snapshot }: Pick<Input, "snapshot">): readonly Gate[] {
  const { repository, pullRequest } = snapshot;
  const author = pullRequest.author;
  return [
    // Merged passes: the decision is made again after the merge, also after somebody else's merge (C30).
    gate(
      "open",
      pullRequest.state !== "closed",
      `The pull request is ${pullRequest.state}.`,
      "The pull request is closed without a merge.",
    ),
    gate(
      "base_is_default",
      pullRequest.baseRef === repository.defaultBranch,
      `It goes to the default branch ${repository.defaultBranch}.`,
      `It goes to ${pullRequest.baseRef}, not to the default branch ${repository.defaultBranch}: change its base.`,
    ),
    // A fork's branch can be pushed to by people whom this repository's activity does not show (C17).
    gate(
      "same_repository",
      pullRequest.headRepositoryId === repository.id,
      "Its branch is in this repository.",
      pullRequest.headRepositoryId === null
        ? "The repository of its branch was deleted: open it again from a branch of this repository."
        : "Its branch is in a fork: push the branch to this repository and open it from there.",
    ),
    gate(
      "author_known",
      author?.kind === "user",
      `The requester is ${author?.login ?? "unknown"}.`,
      author === null
        ? "Its author's account was deleted: somebody else must open it again."
        : `Its author ${author.login} is a bot: a person must open it.`,
    ),
  ];
}
