import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { CloudError } from "../../src/cloud/index.ts";
import { start } from "./azure-world.ts";
import { type GithubWorld, startGithub, startGithubWorld } from "./github-world.ts";

let at: Awaited<ReturnType<typeof startGithub>>;
let world: GithubWorld;
beforeAll(async () => {
  at = await startGithub();
});
beforeEach(async () => {
  at.clock.now = start;
  at.github.clearRequests();
  world = await startGithubWorld(at);
});
afterEach(() => expect(world.github.validation.failures).toEqual([]));
afterAll(() => at.close());

const missing = async (...args: Parameters<GithubWorld["check"]>): Promise<string> => {
  const error: unknown = await world.check(...args).then(
    () => "ok",
    (e: unknown) => e,
  );
  if (!(error instanceof CloudError)) throw new Error(`not a CloudError: ${String(error)}`);
  return `${error.code}: ${error.message}`;
};
const calls = (): readonly string[] =>
  world.github.requests.map(({ method, path }) => `${method} ${path.replace(/^\/api\/v3|\d+|\?.*/g, "")}`);

test("C47 what a role names is looked up with a token that reads metadata only, and that is revoked at once", async () => {
  const asked: unknown[] = [];
  const undo = world.github.intercept({ before: ({ body }) => void asked.push(body) });
  await world.check(["acme/infra", "Acme/app"]);
  undo();
  expect(calls()).toEqual([
    "GET /app/installations",
    "POST /app/installations//access_tokens",
    "DELETE /installation/token",
  ]);
  expect(asked[1]).toEqual({ permissions: { metadata: "read" }, repositories: ["infra", "app"] });
});

test("one repository of several that is not in the installation is named", async () => {
  const names = ["acme/infra", "acme/app", "acme/elsewhere", "acme/infra"];
  expect(await missing(names)).toContain("cloud_denied: acme/elsewhere is not in the installation");
  const tokens = calls().filter((call) => call.startsWith("POST"));
  expect(tokens).toHaveLength(3);
});

test("C51 an access repo and a repository of another owner are found, whatever the App could do there", async () => {
  expect(await missing(["acme/infra", "acme/access"])).toContain("acme/access is an access repo");
  expect(await missing(["evil/infra"])).toContain("evil/infra is of another owner than the access repo");
});

test("a permission that the App was not given is named", async () => {
  const answer = await missing(["acme/infra"], { pull_requests: "write", contents: "read", packages: "read" });
  expect(answer).toContain("does not hold pull_requests: write, packages: read");
  expect(calls()).toEqual(["GET /app/installations"]);
});

test("a suspended installation and a GitHub that does not answer are told apart", async () => {
  const undo = world.github.intercept({ before: () => Response.json({}, { status: 502 }) });
  expect(await missing(["acme/infra"])).toContain("cloud_unavailable: ");
  undo();
  world.github.change.suspendInstallation("acme", true, "broker");
  expect(await missing(["acme/infra"])).toContain("is suspended");
});
