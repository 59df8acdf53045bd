import { afterEach, beforeEach, expect, test } from "vitest";
import { ACCESS, ask, put, type Sandbox, sandbox, status } from "./support.ts";

let s: Sandbox;
beforeEach(async () => {
  s = await sandbox();
});
afterEach(() => s.close());

test("an unknown token is nobody: 401", async () => {
  expect(await status(s.as("ghp_forged").rest.users.getAuthenticated())).toBe(401);
  expect((await s.as("alice").rest.users.getAuthenticated()).data.login).toBe("alice");
  expect(await status(s.anonymous.rest.repos.get(ACCESS))).toBe(200);
});

test("what one may not see is 404, what one may not write is 403", async () => {
  const secret = { owner: "acme", repo: "secret" };
  expect(await status(s.as("mallory").rest.repos.get(secret))).toBe(404);
  expect(await status(s.anonymous.rest.repos.get(secret))).toBe(404);
  expect(await status(s.as("carol").rest.repos.get(secret))).toBe(200);
  expect(await status(put(s.as("carol"), "main", "x", "x"))).toBe(403);
  expect(await status(put(s.as("mallory"), "main", "x", "x"))).toBe(403);
});

test("an App's JWT is for /app alone and lives ten minutes at most", async () => {
  const app = await s.jwt();
  expect((await app.rest.apps.getAuthenticated()).data?.id).toBe(s.gh.app.id);
  expect((await app.rest.apps.listInstallations()).data).toHaveLength(1);
  expect((await app.rest.apps.getRepoInstallation(ACCESS)).data.app_slug).toBe("countersign");
  expect(await status(app.rest.apps.getRepoInstallation({ owner: "acme", repo: "elsewhere" }))).toBe(404);
  expect(await status(app.rest.repos.get(ACCESS))).toBe(403);
  expect(await status((await s.jwt("countersign", 3600)).rest.apps.getAuthenticated())).toBe(401);
  expect(await status((await s.app()).rest.apps.getAuthenticated())).toBe(401);
});

test("an installation token is narrowed by repository and permission, and every call asks for its own", async () => {
  const id = s.gh.repository("acme/access").id;
  const reader = await s.app("countersign", { repository_ids: [id], permissions: { contents: "read" } });
  expect(await status(reader.rest.git.getRef({ ...ACCESS, ref: "heads/main" }))).toBe(200);
  expect(await status(reader.rest.repos.get({ owner: "acme", repo: "secret" }))).toBe(404);
  expect(await status(put(reader, "main", "x", "x"))).toBe(403);
  expect(await status(reader.rest.pulls.list(ACCESS))).toBe(403);
  expect(await status(reader.rest.checks.listForRef({ ...ACCESS, ref: "main" }))).toBe(403);
  expect(await status(reader.rest.actions.listWorkflowRunsForRepo(ACCESS))).toBe(403);
  expect(
    await status(reader.rest.teams.getMembershipForUserInOrg({ org: "acme", team_slug: "sre", username: "bob" })),
  ).toBe(403);
});

test("asking for more than the App has is 422", async () => {
  await expect(s.app("countersign", { permissions: { administration: "write" } })).rejects.toMatchObject({
    status: 422,
  });
  await expect(s.app("broker", { permissions: { issues: "read" } })).rejects.toMatchObject({ status: 422 });
  const elsewhere = s.gh.repository("acme/elsewhere").id;
  await expect(s.app("countersign", { repository_ids: [elsewhere] })).rejects.toMatchObject({ status: 422 });
});

test("an installation token ends after an hour, when revoked, and with a suspension", async () => {
  const [first, second, third] = [await s.app(), await s.app(), await s.app()];
  await first.rest.apps.revokeInstallationAccessToken();
  expect(await status(first.rest.repos.get(ACCESS))).toBe(401);
  s.gh.change.suspendInstallation("acme");
  expect(await status(second.rest.repos.get(ACCESS))).toBe(403);
  s.gh.change.suspendInstallation("acme", false);
  expect(await status(third.rest.repos.get(ACCESS))).toBe(200);
  s.clock.now = new Date(s.clock.now.getTime() + 3_600_000);
  expect(await status(third.rest.repos.get(ACCESS))).toBe(401);
});

test("a repository made again under the same name has another id and no App", async () => {
  const before = s.gh.repository("acme/access").id;
  const token = await s.app();
  const made = await s.gh.change.recreateRepository({ owner: "acme", name: "access", files: { a: "1\n" } });
  expect(made.id).not.toBe(before);
  expect(await status(token.rest.repos.get(ACCESS))).toBe(404);
  expect(await status(token.request("GET /repositories/{id}", { id: before }))).toBe(404);
});

test("a transferred repository keeps its id under another owner", async () => {
  const before = s.gh.repository("acme/access");
  const after = s.gh.change.transferRepository("acme/access", "evil");
  expect([after.id, after.ownerId === before.ownerId]).toEqual([before.id, false]);
  const got = await s.as("mallory").request("GET /repositories/{id}", { id: before.id });
  expect((got.data as { full_name: string }).full_name).toBe("evil/access");
});

test("webhooks are signed, carry guid, installation and sender, and reach installed Apps alone", async () => {
  await ask(s);
  const secret = { owner: "acme", repo: "elsewhere" };
  await s.as("root").rest.repos.createOrUpdateFileContents({ ...secret, path: "z", message: "m", content: "eA==" });
  await s.gh.settled();
  const opened = s.hooks.find((h) => h.payload["action"] === "opened");
  expect(s.hooks.every((h) => h.signed)).toBe(true);
  expect(opened?.headers).toMatchObject({ "x-github-event": "pull_request", "content-type": "application/json" });
  expect(opened?.headers["user-agent"]).toMatch(/^GitHub-Hookshot\//);
  expect(opened?.headers["x-github-delivery"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(opened?.payload).toMatchObject({
    installation: { id: s.gh.installationId("acme/access") },
    sender: { login: "alice" },
  });
  expect(s.hooks.some((h) => JSON.stringify(h.payload["repository"]).includes("elsewhere"))).toBe(false);
});

test("a failed delivery is recorded, not sent again by itself, and redelivered under the same guid", async () => {
  s.answer = 500;
  await ask(s);
  await s.gh.settled();
  const sent = s.hooks.length;
  const app = await s.jwt();
  const listed = (await app.rest.apps.listWebhookDeliveries()).data;
  const failed = listed.find((d) => d.event === "pull_request");
  expect(failed).toMatchObject({ status_code: 500, redelivery: false, action: "opened" });
  s.answer = 202;
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id: failed?.id ?? 0 });
  await s.gh.settled();
  expect(s.hooks).toHaveLength(sent + 1);
  expect(s.hooks.at(-1)?.headers["x-github-delivery"]).toBe(failed?.guid);
  const again = (await app.rest.apps.listWebhookDeliveries()).data[0];
  expect(again).toMatchObject({ guid: failed?.guid, redelivery: true, status_code: 202 });
  const one = await app.rest.apps.getWebhookDelivery({ delivery_id: again?.id ?? 0 });
  expect(one.data.response.payload).toBe("seen");
});

test("every push is told: create, update, force, delete; and what follows for pull requests", async () => {
  await ask(s);
  await put(s.as("bob"), "req", "x", "x");
  const o = s.as("alice");
  const main = (await o.rest.git.getRef({ ...ACCESS, ref: "heads/main" })).data.object.sha;
  await o.rest.git.updateRef({ ...ACCESS, ref: "heads/req", sha: main, force: true });
  await o.rest.git.deleteRef({ ...ACCESS, ref: "heads/req" });
  await s.gh.settled();
  const zero = "0".repeat(40);
  const pushes = s.hooks.filter((h) => h.headers["x-github-event"] === "push").map((h) => h.payload);
  expect(pushes.map((p) => [p["created"], p["forced"], p["deleted"]])).toEqual([
    [true, false, false],
    [false, false, false],
    [false, false, false],
    [false, true, false],
    [false, false, true],
  ]);
  expect([pushes[0]?.["before"], pushes[4]?.["after"]]).toEqual([zero, zero]);
  expect(pushes[2]).toMatchObject({ pusher: { name: "bob" }, commits: [{ added: ["x"] }] });
  const pulls = s.hooks.filter((h) => h.headers["x-github-event"] === "pull_request").map((h) => h.payload);
  expect(pulls.map((p) => p["action"])).toEqual(["opened", "synchronize", "synchronize", "closed"]);
  const rows = (await s.anonymous.request("GET /repos/{owner}/{repo}/activity", { ...ACCESS, ref: "refs/heads/req" }))
    .data;
  expect(rows.map((r) => [r.activity_type, r.actor?.login])).toEqual([
    ["branch_deletion", "alice"],
    ["force_push", "alice"],
    ["push", "bob"],
    ["push", "alice"],
    ["branch_creation", "alice"],
  ]);
});

test("teams and roles: pending is not active, child teams count, outsiders are 404", async () => {
  const app = await s.app();
  const member = (team_slug: string, username: string) =>
    app.rest.teams.getMembershipForUserInOrg({ org: "acme", team_slug, username });
  expect((await member("security", "carol")).data.state).toBe("active");
  expect((await member("security", "mallory")).data.state).toBe("pending");
  expect((await member("security", "bob")).data.state).toBe("active");
  expect(await status(member("sre", "mallory"))).toBe(404);
  const permission = async (username: string) =>
    (await app.rest.repos.getCollaboratorPermissionLevel({ ...ACCESS, username })).data.role_name;
  expect([await permission("alice"), await permission("mallory"), await permission("root")]).toEqual([
    "write",
    "read",
    "admin",
  ]);
  await s.as("root").rest.repos.addCollaborator({ ...ACCESS, username: "mallory", permission: "maintain" });
  const got = (await app.rest.repos.getCollaboratorPermissionLevel({ ...ACCESS, username: "mallory" })).data;
  expect([got.permission, got.role_name]).toEqual(["write", "maintain"]);
  const root = s.as("root").rest.teams;
  await root.removeMembershipForUserInOrg({ org: "acme", team_slug: "sre", username: "bob" });
  expect(await permission("bob")).toBe("read");
  const outside = await root.addOrUpdateMembershipForUserInOrg({ org: "acme", team_slug: "sre", username: "mallory" });
  expect(outside.data.state).toBe("pending");
  expect(
    await status(s.as("bob").rest.repos.addCollaborator({ ...ACCESS, username: "bob", permission: "admin" })),
  ).toBe(403);
  await s.gh.settled();
  expect(s.gh.validation.webhooks).toContain("membership-removed");
});

test("conditional requests are 304, lists come in pages, the Date is the clock's", async () => {
  const o = s.as("alice");
  const first = await o.rest.git.getRef({ ...ACCESS, ref: "heads/main" });
  expect(first.headers.date).toBe(s.clock.now.toUTCString());
  const headers = { "if-none-match": first.headers.etag ?? "" };
  expect(await status(o.rest.git.getRef({ ...ACCESS, ref: "heads/main", headers }))).toBe(304);
  await put(o, "main", "x", "x");
  expect(await status(o.rest.git.getRef({ ...ACCESS, ref: "heads/main", headers }))).toBe(200);
  const one = await o.rest.repos.listCommits({ ...ACCESS, per_page: 1 });
  expect(one.headers.link).toContain('rel="next"');
  expect(await o.paginate(o.rest.repos.listCommits, { ...ACCESS, per_page: 1 })).toHaveLength(2);
});

test("a hook may answer instead of GitHub, or lose an answer that was earned", async () => {
  const undo = s.gh.intercept({ before: () => Response.json({ message: "down" }, { status: 502 }) });
  expect(await status(s.as("alice").rest.repos.get(ACCESS))).toBe(502);
  undo();
  const lose = s.gh.intercept({ after: (r) => (r.method === "POST" ? "drop" : undefined) });
  const main = (await s.as("alice").rest.git.getRef({ ...ACCESS, ref: "heads/main" })).data.object.sha;
  await expect(s.as("alice").rest.git.createRef({ ...ACCESS, ref: "refs/heads/z", sha: main })).rejects.toThrow(
    /socket|closed|fetch failed|terminated/,
  );
  lose();
  expect(await status(s.as("alice").rest.git.getRef({ ...ACCESS, ref: "heads/z" }))).toBe(200);
  expect(s.gh.requests.some((r) => r.as === "alice" && r.method === "POST" && r.status === 201)).toBe(true);
});
