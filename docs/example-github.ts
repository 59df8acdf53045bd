import type { Given } from "../src/access-repo/code-example.ts";
import type { PolicyFiles, TreeFile } from "../src/access-repo/types.ts";
import type { Snapshot } from "../src/approval/types.ts";
import { sha256 } from "../src/base/canonical-json.ts";
import { commitSha, objectId, ownerId, pullRequestId, repositoryId, userId } from "../src/base/ids.ts";
import { RetryLater } from "../src/base/errors.ts";
import type { GitHub } from "../src/github/types.ts";

// The GitHub of the examples: the access repo acme/access, one pull request of alice, and acme/infra with a workflow.

const owner = ownerId(1);
export const commits = {
  base: commitSha("b".repeat(40)),
  tip: commitSha("c".repeat(40)),
  head: commitSha("a".repeat(40)),
};
const plainWorkflow = "on: workflow_dispatch\n";

export const treeFile = (path: string, text: string | undefined, mode = 0o100644): TreeFile => ({
  path,
  text,
  mode,
  oid: objectId(sha256(`${mode} ${text ?? "bytes"}`).slice(7, 47)),
});

/** What of GitHub an example is judged by; everything else is an error, so that no answer is made up. */
export interface ExampleWorld {
  readonly given: Given | undefined;
  /** Files of the pull request's head. */
  readonly files?: readonly TreeFile[];
  /** Policies by commit. */
  readonly policies?: ReadonlyMap<string, PolicyFiles>;
}

export function exampleGitHub({ given, files = [], policies = new Map() }: ExampleWorld): GitHub {
  const answers: Partial<GitHub> = {
    files: (_, __, paths) => Promise.resolve(paths.map((path) => files.find((file) => file.path === path) ?? null)),
    mergeBase: () => Promise.resolve(commits.base),
    policyAt: (_, commit) => {
      const policy = policies.get(commit);
      return policy ? Promise.resolve(policy) : Promise.reject(new RetryLater("github_commit", `no commit ${commit}`));
    },
    canWrite: (_, person) => Promise.resolve(!(given?.kind === "may_only_read" && given.login === person.login)),
    workflowFile: (fullName, _, path) => {
      if (given?.kind === "not_installed" && given.repository === fullName) return Promise.resolve(null);
      const text = given?.kind === "workflow" ? given.text : plainWorkflow;
      const file = given?.kind === "no_workflow" && given.file === path ? null : treeFile(path, text);
      return Promise.resolve({ repository: { id: repositoryId(20), ownerId: owner, fullName }, file });
    },
  };
  // Half a GitHub, as one: what an example does not need is absent, and calling it fails.
  return answers as GitHub;
}

export function exampleSnapshot(policy: PolicyFiles, given: Given | undefined): Snapshot {
  const id = repositoryId(given?.kind === "repository_id" ? given.id : 10);
  return {
    repository: { id, ownerId: owner, fullName: "acme/access", defaultBranch: "main" },
    tip: { sha: commits.tip, policy },
    pullRequest: {
      id: pullRequestId(1),
      number: 1,
      title: "",
      state: "open",
      draft: false,
      author: { id: userId(1), login: "alice", kind: "user" },
      baseRef: "main",
      headRef: "ask",
      headSha: commits.head,
      headRepositoryId: id,
      mergeCommit: null,
      openedAt: new Date(0),
      closedBy: null,
      requestedReviewers: [],
    },
    changes: [],
    commits: [],
    pushes: [],
    reviews: [],
  };
}
