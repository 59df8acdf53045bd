import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Octokit } from "@octokit/rest";
import { planOf } from "../plan/kinds.ts";
import { start, window } from "./azure-world.ts";
import { type GithubWorld, startGithub, startGithubWorld } from "./github-world.ts";

// Every sentence under "not limited" of a plan, shown against the local GitHub with real Octokits. A new one without a test fails
// here. Not shown, since the local GitHub has neither: releases and packages (docs/unverified.md).

const after = new Date(+window.expiresAt + 1000);
let at: Awaited<ReturnType<typeof startGithub>>;
let world: GithubWorld;
beforeEach(async () => {
  at ??= await startGithub();
  at.clock.now = start;
  world = await startGithubWorld(at);
});
afterEach(() => expect(world.github.validation.failures).toEqual([]));
afterAll(() => at.close());

const infra = { owner: "acme", repo: "infra" };
const app = { owner: "acme", repo: "app" };
const statusOf = (call: Promise<{ status: number }>): Promise<number> =>
  call.then(
    ({ status }) => status,
    (error: { status: number }) => error.status,
  );
const mint = (names: readonly string[], permissions: Parameters<GithubWorld["check"]>[1]) =>
  world.mint({ plan: world.plan(names, { request: { ...(permissions && { permissions }) } }) });
const put = (job: Octokit, where: typeof infra, path: string, branch: string): Promise<number> =>
  statusOf(
    job.rest.repos.createOrUpdateFileContents({ ...where, path, branch, message: path, content: btoa("by the job\n") }),
  );
/** Somebody who is there before and after the job. */
const owner = () => world.as(world.github.users["root"]?.token ?? "");
const head = async (where: typeof infra) =>
  (await owner().rest.git.getRef({ ...where, ref: "heads/main" })).data.object.sha;

const shown: Readonly<Record<string, () => Promise<void>>> = {
  "The token can do whatever its permissions allow in all of these repositories: GitHub narrows to no branch, path or single issue.":
    async () => {
      const { response } = await mint(["acme/infra", "acme/app"], { contents: "write", issues: "write" });
      const job = world.as(response.access_token);
      for (const where of [infra, app]) {
        const sha = await head(where);
        expect(await statusOf(job.rest.git.createRef({ ...where, ref: "refs/heads/any", sha }))).toBe(201);
        for (const branch of ["main", "any"])
          for (const path of ["x", "deep/er/x"]) expect(await put(job, where, path, branch)).toBe(201);
        const issues = await Promise.all(["a", "b"].map((title) => owner().rest.issues.create({ ...where, title })));
        for (const { data } of issues)
          expect(
            await statusOf(job.rest.issues.createComment({ ...where, issue_number: data.number, body: "x" })),
          ).toBe(201);
      }
    },

  "Every token can read the metadata of its repositories, asked for or not.": async () => {
    const { response, identifiers } = await mint(["acme/app"], { issues: "read" });
    expect(identifiers["permissions"]).toBe("issues: read");
    const job = world.as(response.access_token);
    expect((await job.rest.repos.get(app)).data).toMatchObject({ full_name: "acme/app", private: true });
    expect(await statusOf(job.rest.repos.getContent({ ...app, path: "a" }))).toBe(403);
    // Of its repositories only.
    expect(await statusOf(job.rest.repos.get({ owner: "acme", repo: "elsewhere" }))).toBe(404);
  },

  "A token that was copied can be used from anywhere until it is revoked or expires.": async () => {
    const elsewhere = (token: string) =>
      fetch(`${world.github.apiUrl}/repos/acme/app/contents/a`, {
        headers: { authorization: `token ${token}`, "user-agent": "somebody else's", "x-forwarded-for": "203.0.113.9" },
      }).then(({ status }) => status);
    const [revoked, forgotten] = [await mint(["acme/app"], { contents: "read" }), await mint(["acme/app"], undefined)];
    const tokens = [revoked, forgotten].map(({ response }) => response.access_token);
    expect(await Promise.all(tokens.map(elsewhere))).toEqual([200, 200]);
    await world.revoke(tokens[0] ?? "");
    expect(await Promise.all(tokens.map(elsewhere))).toEqual([401, 200]);
    // Where nobody could revoke it, GitHub's hour ends it, past the end of the grant.
    at.clock.now = new Date(+start + 3_599_000);
    expect(+at.clock.now).toBeGreaterThan(+window.expiresAt);
    expect(await Promise.all(tokens.map(elsewhere))).toEqual([401, 200]);
    at.clock.now = new Date(+start + 3_600_000);
    expect(await Promise.all(tokens.map(elsewhere))).toEqual([401, 401]);
  },

  "Commits, tags, releases, packages and comments that the job makes stay after the end.": async () => {
    const { data: issue } = await owner().rest.issues.create({ ...infra, title: "kept" });
    const { response } = await mint(["acme/infra"], { contents: "write", issues: "write" });
    const job = world.as(response.access_token);
    expect(await put(job, infra, "kept", "main")).toBe(201);
    const sha = await head(infra);
    await job.rest.git.createRef({ ...infra, ref: "refs/tags/kept", sha });
    await job.rest.issues.createComment({ ...infra, issue_number: issue.number, body: "kept" });
    await world.revoke(response.access_token);
    at.clock.now = after;
    expect(await put(job, infra, "later", "main")).toBe(401);
    const { data: commit } = await owner().rest.repos.getCommit({ ...infra, ref: sha });
    expect(commit.commit.message).toBe("kept");
    expect((await owner().rest.git.getRef({ ...infra, ref: "tags/kept" })).data.object.sha).toBe(sha);
    const { data: comments } = await owner().rest.issues.listComments({ ...infra, issue_number: issue.number });
    expect(comments.map(({ body }) => body)).toEqual(["kept"]);
  },
};

describe("not limited", () => {
  it.each(Object.entries(shown))("%s", async (_, show) => show());

  it("is exactly what the plan says", () =>
    expect([...planOf("github").notLimited].sort()).toEqual(Object.keys(shown).sort()));
});
