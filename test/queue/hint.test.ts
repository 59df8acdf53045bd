import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { readHint } from "../../src/queue/index.ts";

/** GitHub's own example payloads. */
const examples = createRequire(import.meta.url)("@octokit/webhooks-examples/api.github.com/index.json") as {
  name: string;
  examples: Record<string, unknown>[];
}[];

const hint = (event: string, body: unknown) => readHint(event, JSON.stringify(body));

describe("a webhook's hint", () => {
  it("is read from every example that GitHub publishes, and names its repository", () => {
    for (const { name, examples: bodies } of examples)
      for (const body of bodies) {
        const repository = body["repository"] as { id: number } | undefined;
        expect(hint(name, body)).toMatchObject({ event: name, repositoryId: repository?.id ?? null });
      }
  });

  it("names the pull request of reviews, comments on it and changes to it", () => {
    const repository = { id: 7 };
    expect(hint("pull_request_review", { repository, pull_request: { number: 3 } }).pullRequests).toEqual([3]);
    expect(hint("issue_comment", { repository, issue: { number: 3, pull_request: {} } }).pullRequests).toEqual([3]);
    expect(hint("issue_comment", { repository, issue: { number: 3 } })).toMatchObject({ pullRequests: [], issue: 3 });
    expect(hint("issue_comment", { repository, issue: { number: 3, pull_request: {} } }).issue).toBeNull();
    expect(hint("issues", { issue: { number: 3 } }).issue).toBeNull();
  });

  it("C05: of a check leaves out pull requests of other repositories and forks", () => {
    const entry = (number: number, id: number) => ({ number, base: { repo: { id } }, head: { repo: { id: 7 } } });
    const body = { repository: { id: 7 }, check_run: { pull_requests: [entry(1, 7), entry(2, 8), { number: 4 }] } };
    expect(hint("check_run", body).pullRequests).toEqual([1]);
  });

  it("C03: carries no review, no name and no head of a pull request, and nothing of a hostile shape", () => {
    const body = {
      repository: { id: "7" },
      pull_request: { number: -1, head: { sha: "x" } },
      action: { $: 1 },
      ref: 5,
    };
    expect(hint("pull_request", body)).toEqual({
      event: "pull_request",
      action: null,
      installationId: null,
      repositoryId: null,
      pullRequests: [],
      issue: null,
      checkRun: null,
      ref: null,
      after: null,
      senderId: null,
    });
    for (const odd of [null, 5, "x", []]) expect(hint("push", odd).repositoryId).toBeNull();
  });

  it("C06: of a branch that was created or deleted (zero hash) is a hint like any other", () => {
    const body = {
      ref: "refs/heads/x",
      before: "0".repeat(40),
      after: "0".repeat(40),
      deleted: true,
      repository: { id: 7 },
    };
    expect(hint("push", body)).toMatchObject({ repositoryId: 7, ref: "refs/heads/x" });
  });
});
