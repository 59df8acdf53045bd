import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { ownerId } from "../../src/base/ids.ts";
import { CloudError, type MintInput } from "../../src/cloud/index.ts";
import { TokenRefused } from "../../src/github/index.ts";
import { context, start, window } from "./azure-world.ts";
import type { Interceptor } from "../sandbox/github/index.ts";
import { type GithubWorld, startGithub, startGithubWorld } from "./github-world.ts";

let at: Awaited<ReturnType<typeof startGithub>> | undefined;
let world: GithubWorld;
const undo: (() => void)[] = [];
beforeEach(async () => {
  at ??= await startGithub();
  at.clock.now = start;
  at.github.clearRequests();
  world = await startGithubWorld(at);
});
afterEach(() => {
  for (const each of undo.splice(0)) each();
  // What the local GitHub answered is what GitHub publishes.
  expect(world.github.validation.failures).toEqual([]);
});
afterAll(() => at?.close());
const intercept = (i: Interceptor): void => void undo.push(world.github.intercept(i));
/** For a test that changes what is there: the next gets another. */
async function change(): Promise<GithubWorld["github"]["change"]> {
  const spoiled = at;
  undo.push(() => void spoiled?.close());
  at = undefined;
  return world.github.change;
}

const infra = { owner: "acme", repo: "infra" };
const statusOf = (call: Promise<{ status: number }>): Promise<number> =>
  call.then(
    ({ status }) => status,
    (error: { status: number }) => error.status,
  );
const failure = async (change: Partial<MintInput> = {}): Promise<CloudError> => {
  const error: unknown = await world.mint(change).then(
    () => "minted",
    (e: unknown) => e,
  );
  if (!(error instanceof CloudError)) throw new Error(`not a CloudError: ${inspect(error)}`);
  return error;
};
const calls = (): string[] =>
  world.github.requests.map(({ method, path }) => `${method} ${path.replace("/api/v3", "")}`);
const revocations = () => calls().filter((call) => call === "DELETE /installation/token");

/** GitHub's answer to the next token, changed. The token in it is a real one. */
async function answering(change: (body: Record<string, unknown>) => Record<string, unknown>) {
  const installation = world.github.installationId("acme/infra", "broker");
  let passing = false;
  intercept({
    async before({ method, path, body }) {
      if (passing || method !== "POST" || !path.endsWith("/access_tokens")) return undefined;
      passing = true;
      const octokit = await world.app.mint({
        owner: ownerId(world.github.repository("acme/infra").ownerId),
        permissions: (body as { permissions: Record<string, string> }).permissions,
        repositoryIds: [world.id("acme/infra")],
        signal: AbortSignal.timeout(5000),
      });
      passing = false;
      token = octokit.token;
      return Response.json(
        change({
          token,
          expires_at: octokit.expiresAt.toISOString(),
          permissions: octokit.permissions,
          repository_selection: "selected",
          repositories: octokit.repositories.map((r) => ({ id: r.id, full_name: r.fullName, owner: { id: r.owner } })),
          installation,
        }),
        { status: 201 },
      );
    },
  });
  let token = "";
  return () => token;
}

describe("a token of GitHub", () => {
  test("opens what the plan says, of the second App, and nothing beside it", async () => {
    const { response, identifiers, expiresAt, revocable } = await world.mint();
    const job = world.as(response.access_token);
    expect(await statusOf(job.rest.repos.getContent({ ...infra, path: "a" }))).toBe(200);
    expect(await statusOf(job.rest.repos.getContent({ owner: "acme", repo: "app", path: "a" }))).toBe(404);
    expect(await statusOf(job.rest.issues.create({ ...infra, title: "x" }))).toBe(403);
    expect(response).toMatchObject({
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: 1800, // the window's end; GitHub's own is in the entry
      github_permissions: { contents: "write" },
      github_repositories: ["acme/infra"],
    });
    expect(expiresAt).toEqual(window.expiresAt);
    expect(identifiers).toEqual({
      installation_id: String(world.github.installationId("acme/infra", "broker")),
      repository_ids: String(world.id("acme/infra")),
      permissions: "contents: write",
      hashed_token: createHash("sha256").update(response.access_token).digest("base64"),
      token_expires_at: "2026-11-23T10:00:00Z",
    });
    expect(revocable).toEqual({ secret: response.access_token, until: new Date("2026-11-23T10:00:00Z") });
    expect(JSON.stringify(identifiers)).not.toContain(response.access_token);
  });

  test("asks exactly what the plan shows, by id", async () => {
    let asked: unknown;
    intercept({
      before: ({ path, body }) => void (path.endsWith("/access_tokens") && (asked = body)),
    });
    await world.mint({
      plan: world.plan(["acme/infra", "acme/app"], { request: { permissions: { issues: "read" } } }),
    });
    expect(asked).toEqual({
      permissions: { issues: "read" },
      repository_ids: [world.id("acme/infra"), world.id("acme/app")].sort((a, b) => a - b),
    });
  });

  test("C47 C59 is over once it was revoked; revoking again is fine", async () => {
    const { response } = await world.mint();
    await world.revoke(response.access_token);
    expect(await statusOf(world.as(response.access_token).rest.repos.getContent({ ...infra, path: "a" }))).toBe(401);
    await world.revoke(response.access_token);
    await world.revoke("ghs_never_was_a_token_of_anybody");
  });

  test("an outage does not count as revoked", async () => {
    const { response } = await world.mint();
    for (const status of [403, 404, 429, 500, 502]) {
      const end = world.github.intercept({
        before: ({ method }) => (method === "DELETE" ? Response.json({ message: "no" }, { status }) : undefined),
      });
      await expect(world.revoke(response.access_token)).rejects.toBeInstanceOf(CloudError);
      end();
    }
    expect(await statusOf(world.as(response.access_token).rest.repos.getContent({ ...infra, path: "a" }))).toBe(200);
  });

  test("a hundred at once are a hundred tokens, each for its own plan", async () => {
    const plans = Array.from({ length: 100 }, (_, i) => world.plan([i % 2 ? "acme/infra" : "acme/app"]));
    const minted = await Promise.all(plans.map((plan) => world.mint({ plan })));
    expect(new Set(minted.map(({ response }) => response.access_token)).size).toBe(100);
    for (const [i, { response, identifiers }] of minted.entries()) {
      expect(response["github_repositories"]).toEqual([i % 2 ? "acme/infra" : "acme/app"]);
      expect(identifiers["repository_ids"]).toBe(String(plans[i]?.repository_ids[0]));
    }
    expect(calls().filter((call) => call.startsWith("GET /app/installations"))).toHaveLength(1);
    // What each opens is what GitHub says, not what our answer says of it.
    const opened = await Promise.all(
      minted.map(async ({ response }) => {
        const { data } = await world.as(response.access_token).rest.apps.listReposAccessibleToInstallation();
        return data.repositories.map(({ full_name }) => full_name);
      }),
    );
    expect(opened).toEqual(plans.map((_, i) => [i % 2 ? "acme/infra" : "acme/app"]));
  });
});

describe("C47 lifetimes at the edges", () => {
  test.each([
    [1, 1],
    [899, 899],
    [900, 900],
    [901, 901],
    [3599, 3599],
    [3600, 3600],
    [3601, 3600],
    [43_200, 3600],
  ])("with %i s left the job is told %i s, and GitHub's hour is what may have to be revoked", async (seconds, told) => {
    const end = (s: number) => new Date(+start + s * 1000);
    const minted = await world.mint({ window: { ...window, expiresAt: end(seconds) } });
    expect([minted.response.expires_in, minted.expiresAt]).toEqual([told, end(told)]);
    expect(minted.revocable).toEqual({ secret: minted.response.access_token, until: end(3600) });
    expect(minted.identifiers["token_expires_at"]).toBe("2026-11-23T10:00:00Z");
    const read = () => statusOf(world.as(minted.response.access_token).rest.repos.getContent({ ...infra, path: "a" }));
    world.clock.now = end(3599);
    expect(await read()).toBe(200);
    world.clock.now = end(3600);
    expect(await read()).toBe(401);
  });
});

describe("C51 refused before GitHub is asked", () => {
  test.each<[string, () => Partial<MintInput>]>([
    [
      "an access repo of this server",
      () => ({ plan: world.plan(["acme/infra"]), context: { ...context, accessRepositoryId: world.id("acme/infra") } }),
    ],
    [
      "an enrolled repository among others",
      () => ({ plan: { ...world.plan(), repository_ids: [world.id("acme/infra"), world.id("acme/access")] } }),
    ],
    ["no repository, which GitHub takes for all", () => ({ plan: { ...world.plan(), repository_ids: [] } })],
    ["no permission, which GitHub takes for all", () => ({ plan: { ...world.plan(), permissions: {} } })],
    ["a forbidden permission", () => ({ plan: { ...world.plan(), permissions: { administration: "write" } } })],
    ["a forbidden level", () => ({ plan: { ...world.plan(), permissions: { actions: "write" } } })],
    [
      "a permission of the organization",
      () => ({ plan: { ...world.plan(), permissions: { contents: "write", members: "read" } } }),
    ],
  ])("%s", async (_, change) => {
    expect(await failure(change())).toMatchObject({ code: "cloud_misconfigured", retryable: false });
    expect(calls()).toEqual([]);
  });

  test("a window that is over", async () => {
    expect((await failure({ now: window.expiresAt })).code).toBe("cloud_denied");
    expect(calls()).toEqual([]);
  });
});

describe("a token that is not what was asked for is ended at once and never handed out", () => {
  test.each<[string, (body: Record<string, unknown>) => Record<string, unknown>]>([
    ["a permission more", (b) => ({ ...b, permissions: { contents: "write", metadata: "read", issues: "read" } })],
    ["a level more", (b) => ({ ...b, permissions: { contents: "admin", metadata: "read" } })],
    ["a permission less", (b) => ({ ...b, permissions: { metadata: "read" } })],
    [
      "a repository more",
      (b) => ({
        ...b,
        repositories: [
          ...(b["repositories"] as object[]),
          { id: 5, full_name: "acme/x", owner: (b["repositories"] as { owner: object }[])[0]?.owner },
        ],
      }),
    ],
    ["another repository", (b) => ({ ...b, repositories: [{ ...(b["repositories"] as object[])[0], id: 5 }] })],
    [
      "a repository of another owner",
      (b) => ({ ...b, repositories: [{ ...(b["repositories"] as object[])[0], owner: { id: 5 } }] }),
    ],
    ["no repository", (b) => ({ ...b, repositories: [] })],
    ["all repositories", (b) => ({ ...b, repositories: undefined, repository_selection: "all" })],
    ["a life of a day", (b) => ({ ...b, expires_at: "2026-11-24T09:00:00Z" })],
    ["no end", (b) => ({ ...b, expires_at: undefined })],
  ])("%s", async (_, change) => {
    const token = await answering(change);
    const error = await failure();
    expect(token()).not.toBe("");
    expect(revocations()).toHaveLength(1);
    expect(await statusOf(world.as(token()).rest.repos.getContent({ ...infra, path: "a" }))).toBe(401);
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(token());
  });
});

describe("what GitHub refuses is told in our own words, with the cure", () => {
  test("the App is not installed on that owner", async () => {
    const plan = { ...world.plan(), workflow: { ...world.plan().workflow, owner_id: 4_000_000 } };
    expect(await failure({ plan })).toMatchObject({
      code: "cloud_denied",
      message: expect.stringContaining("not installed") as string,
    });
  });
  test("the installation is suspended, before and meanwhile", async () => {
    await world.mint();
    (await change()).suspendInstallation("acme", true, "broker");
    expect((await failure()).message).toContain("suspended");
    world.clock.now = new Date(+start + 31_000);
    expect((await failure({ now: world.clock.now })).message).toContain("suspended");
  });
  test("a permission that the App was not given", async () => {
    const plan = world.plan(["acme/infra"], {
      request: { permissions: { pull_requests: "write", contents: "read", packages: "read" } },
    });
    const { code, message } = await failure({ plan });
    expect(code).toBe("cloud_denied");
    expect(message).toContain("does not hold packages: read, pull_requests: write:");
  });
  test("C07 a repository that was deleted, re-created or is not in the installation", async () => {
    const [deleted, outside] = [world.plan(["acme/app"]), world.plan(["acme/infra", "acme/elsewhere"])];
    await (await change()).recreateRepository({
      owner: "acme",
      name: "app",
      files: { a: "2\n" },
      installed: ["broker"],
    });
    for (const plan of [deleted, outside])
      expect((await failure({ plan })).message).toContain("not in the installation");
  });
  test("C07 a repository that was transferred", async () => {
    const plan = world.plan(["acme/app"]);
    (await change()).transferRepository("acme/app", "evil");
    (await change()).install("evil/app", "broker");
    expect((await failure({ plan })).message).toContain("not in the installation");
  });
  test("another App's key", async () => {
    intercept({
      before: () => Response.json({ message: "A JSON web token could not be decoded" }, { status: 401 }),
    });
    expect(await failure()).toMatchObject({
      code: "cloud_misconfigured",
      message: expect.stringContaining("BROKER_PRIVATE_KEY") as string,
    });
  });
  test.each([[429], [500], [502]])("%d is retryable, and quotes nothing", async (status) => {
    const canary = "ghs_canaryCanaryCanaryCanaryCanaryCanary";
    intercept({ before: () => Response.json({ message: canary }, { status }) });
    const error = await failure();
    expect(error).toMatchObject({ code: "cloud_unavailable", retryable: true });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain(canary);
  });
  test("an exchange that was given up asks nothing", async () => {
    await expect(world.mint({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
    expect(calls()).toEqual([]);
  });
});

describe("names to ids", () => {
  const owner = () => ownerId(world.github.repository("acme/infra").ownerId);
  const names = async (...asked: string[]) =>
    [...(await world.resolve(asked, owner())).entries()].map(([name, f]) => [name, f.repository_id, f.access_repo]);

  test("of repositories in the installation, access repos marked; the token for it is over at once", async () => {
    expect(await names("ACME/Infra", "acme/app", "acme/access")).toEqual([
      ["acme/infra", world.id("acme/infra"), false],
      ["acme/app", world.id("acme/app"), false],
      ["acme/access", world.id("acme/access"), true],
    ]);
    expect(calls().filter((call) => call.startsWith("POST"))).toHaveLength(1);
    expect(revocations()).toHaveLength(1);
  });
  test("one that is not there does not hide the others", async () => {
    expect((await names("acme/infra", "acme/nothing", "acme/elsewhere", "acme/app")).map(([name]) => name)).toEqual([
      "acme/infra",
      "acme/app",
    ]);
  });
  test("C07 another owner's name is never taken for one of this owner", async () => {
    expect(await names("evil/infra", "acme-evil/infra", "infra", "acme/")).toEqual([]);
    expect(calls().filter((call) => call.startsWith("POST"))).toHaveLength(1);
    const evil = ownerId(world.github.repository("evil/infra").ownerId);
    await names("acme/infra");
    expect((await world.resolve(["acme/infra"], evil)).size).toBe(0);
    expect((await world.resolve(["evil/infra"], evil)).get("evil/infra")?.repository_id).toBe(world.id("evil/infra"));
  });
  test("C07 a re-created repository is another one, once what was known is half a minute old", async () => {
    const [[, before]] = (await names("acme/app")) as [[string, number]];
    await (await change()).recreateRepository({
      owner: "acme",
      name: "app",
      files: { a: "2\n" },
      installed: ["broker"],
    });
    expect((await names("acme/app"))[0]?.[1]).toBe(before);
    world.clock.now = new Date(+start + 30_000);
    expect((await names("acme/app"))[0]?.[1]).toBe(world.id("acme/app"));
    expect(world.id("acme/app")).not.toBe(before);
  });
  test("what was not there is asked again at once, what was is not", async () => {
    expect(await names("acme/elsewhere")).toEqual([]);
    (await change()).install("acme/elsewhere", "broker");
    expect(await names("acme/elsewhere")).toHaveLength(1);
    world.github.clearRequests();
    await Promise.all([names("acme/elsewhere"), names("acme/elsewhere")]);
    expect(calls()).toEqual([]);
  });
  test("of an owner without the App, and with a suspended one, are no empty answers", async () => {
    await expect(world.resolve(["acme/infra"], ownerId(4_000_000))).rejects.toBeInstanceOf(TokenRefused);
    (await change()).suspendInstallation("acme", true, "broker");
    world.clock.now = new Date(+start + 31_000);
    await expect(world.resolve(["acme/infra"], owner())).rejects.toMatchObject({ refusal: "suspended" });
  });
});
