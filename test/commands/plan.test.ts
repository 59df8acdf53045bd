import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { asks, newRepo, type Repo, workflow } from "./new-repo.ts";
import { acts, commandsIn } from "./run.ts";

/** One request of each kind, under the policy of init. */
const paths = new Map<string, string>();
let all: Repo;
beforeAll(async () => {
  all = await newRepo();
  for (const [role, ask] of Object.entries(asks)) {
    const { out } = await all.new(role, { name: "one", draft: { ...ask.draft, workflow }, json: true });
    const { path } = JSON.parse(out) as { path: string };
    paths.set(role, path);
  }
});
afterAll(() => all.remove());
const pathOf = (role: string): string => paths.get(role) ?? expect.fail(role);
const roles = Object.keys(asks);

type Json = Record<string, unknown>;
let keys: string[];
const json = (text: string): Json => {
  const value = JSON.parse(text) as Json;
  keys ??= Object.keys(value);
  expect(Object.keys(value)).toEqual(keys);
  return value;
};

describe("a plan", () => {
  test.each(roles)("of %s: what, when, who approves by which line, what to look at twice", async (role) => {
    const { code, out, err } = await all.plan(pathOf(role));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(new RegExp(`^${role} \\d+[mh]: `));
    for (const title of ["Window", "What would be issued", "Who must approve", "Not limited"])
      expect(out).toContain(`\n${title}`);
    expect(out).toMatch(/\n {2}1 of @acme\/platform {3}\(\.github\/CODEOWNERS line 1[4-8]: \/requests\/[a-z-]+\/\)\n/);
    expect(out).toContain("A preview: ids and the workflow file's version are not known here, nor is the hash.");
    expect(out).not.toMatch(acts);
  });
  test.each(roles)("of %s in JSON: the same keys; what is not known is null, or said to be", async (role) => {
    const { out } = await all.plan(pathOf(role), { json: true });
    const value = json(out);
    expect(value).toMatchObject({
      ok: true,
      file: pathOf(role),
      complete: false,
      hash: null,
      denied: null,
      diagnostics: [],
      approvals: [{ count: 1, from: ["@acme/platform"], rule: "codeowners", file: ".github/CODEOWNERS" }],
      window: { not_before: "2026-11-24T09:00:00Z", merged_at: "2026-11-24T09:00:00Z" },
      plan: { workflow: { repository_id: null, owner_id: null, blob: null } },
    });
    // Nothing of the numbers that stand for ids, in any spelling.
    expect(out).not.toMatch(/90071992547|0{12}/);
    expect(out).toContain("repository:<access repo id>:");
  });
  test("of aws has the literal session policy under `issue`", async () =>
    expect(json((await all.plan(pathOf("aws-example/operator"), { json: true })).out)["issue"]).toMatchObject({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "s3:DeleteBucket", Resource: "arn:aws:s3:::example-old-logs" },
        { Effect: "Deny", Action: "*", Resource: "*" },
      ],
    }));
  test("--at: as if it were merged then", async () => {
    const { out } = await all.plan(pathOf("hello/reader"), { at: "2026-12-01T10:00:00+02:00" });
    expect(out).toContain("2026-12-01T08:00:00Z to 2026-12-01T08:15:00Z, if it is merged at 2026-12-01T08:00:00Z");
  });
  test.each([
    "tomorrow",
    "2026-12-01",
    "2026-12-01T10:00:00",
    "2026-02-30T10:00:00Z",
    "2026-13-01T10:00:00Z",
    "",
    "x".repeat(1e6),
  ])("--at %.30j: misuse", async (at) =>
    expect(await all.plan(pathOf("hello/reader"), { at })).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("--at: write a time with its zone, such as 2026-11-24T09:00:00Z"),
    }),
  );
  test("from a folder of the repo, from elsewhere with --repo", async () => {
    const path = pathOf("hello/reader");
    expect(await commandsIn(join(all.dir, "requests/hello/2026-11")).plan("one.yml")).toMatchObject({ code: 0 });
    expect(await commandsIn(join(all.dir, "..")).plan(path, { repo: "access repo" })).toMatchObject({ code: 0 });
  });
});

describe("a plan of what may go without approval", () => {
  const at = "requests/hello/2026-11/one.yml";
  const text =
    "version: 1\nrole: reader\nreason: Read the repository once\nworkflow: { file: .github/workflows/run.yml }\n";
  let repo: Repo;
  beforeEach(async () => {
    repo = await newRepo();
    const target = repo.read("targets/hello.yml");
    const auto =
      "    auto_approve: { requesters: ['@acme/sre'], max_duration: 15m, per_day: 3 }\n    break_glass: true\n";
    repo.write({
      "targets/hello.yml": target.replace("  reader:\n", `  reader:\n${auto}`),
      ".github/countersign.yml":
        "version: 1\nbreak_glass: { members: ['@acme/leads'], max_duration: 1h, review_within: 72h }\n",
    });
  });
  afterEach(() => repo.remove());
  const ways = async () => json((await repo.plan(at, { json: true })).out)["without_approval"];

  test("says for whom beside who approves otherwise", async () => {
    repo.write({ [at]: text });
    const { out } = await repo.plan(at);
    expect(out).toMatch(
      /Who must approve\n {2}1 of @acme\/platform .*\n {2}Nobody where the requester is one of @acme\/sre/,
    );
    expect(await ways()).toMatchObject([{ rule: "auto_approve", applies: true, from: ["@acme/sre"] }]);
  });
  test("of a break-glass request says who may, and who approves without that key", async () => {
    repo.write({ [at]: `${text}break_glass: INC-2041 checkout is down\n` });
    const { out, code } = await repo.plan(at);
    expect(code).toBe(0);
    expect(out).toMatch(
      /1 of @acme\/platform .*\n {2}Nobody before the merge where the requester is one of @acme\/leads/,
    );
    expect(await ways()).toMatchObject([{ rule: "break_glass", applies: true, from: ["@acme/leads"] }]);
  });
});

describe("no plan", () => {
  let repo: Repo;
  beforeEach(async () => {
    repo = await newRepo();
  });
  afterEach(() => repo.remove());
  const at = "requests/hello/2026-11/one.yml";
  const text =
    "version: 1\nrole: reader\nreason: Read the repository once\nworkflow: { file: .github/workflows/run.yml }\n";

  test("of a request with errors: 1, and validate's findings", async () => {
    repo.write({ [at]: `${text}duration: 9h\n` });
    const { code, out } = await repo.plan(at);
    expect({ code, out }).toEqual({
      code: 1,
      out: (await repo.validate({ files: [at] })).out.replace(/; --fix.*/, ""),
    });
    expect(json((await repo.plan(at, { json: true })).out)).toMatchObject({
      ok: false,
      file: at,
      plan: null,
      diagnostics: [{ code: "CS2013", line: 5, fix: null }],
    });
  });
  test("under a policy with errors: 1, and those", async () => {
    repo.write({ [at]: text, "targets/hello.yml": "version: 1\n" });
    const { code, out } = await repo.plan(at);
    expect(code).toBe(1);
    expect(out).toContain("targets/hello.yml:1:1: error CS1009");
    expect(json((await repo.plan(at, { json: true })).out)).toMatchObject({ ok: false });
  });
  test("of a name that was used before: 1 (C33)", async () => {
    repo.commit({ [at]: text });
    repo.git("rm", "-q", at);
    repo.git("commit", "-q", "-m", "End it");
    repo.write({ [at]: text });
    expect(await repo.plan(at)).toMatchObject({ code: 1, out: expect.stringContaining("CS2026") });
  });
  test("of a link in its place: 1", async () => {
    mkdirSync(join(repo.dir, "requests/hello/2026-11"), { recursive: true });
    symlinkSync("/etc/passwd", join(repo.dir, at));
    const { code, out } = await repo.plan(at);
    expect(code).toBe(1);
    expect(out).toContain("CS2001");
    expect(out).not.toContain("root:");
  });
  test("of what is not a request: misuse", async () => {
    repo.write({ "requests/hello/2026-11/Not One.yml": text });
    for (const file of ["README.md", "requests/hello/2026-11/Not One.yml", "requests", "nope.yml"])
      expect(await repo.plan(file)).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringMatching(/is not a request|does not exist/),
      });
  });
  test("of a file in another git repository below: misuse", async () => {
    repo.write({ [at]: text, "requests/hello/.git/HEAD": "ref: refs/heads/main\n" });
    expect(await repo.plan(at)).toMatchObject({ code: 2, err: expect.stringContaining("another repository") });
  });
  test("that anybody could approve: there is one, and it says so", async () => {
    repo.write({ [at]: text, ".github/countersign.yml": "version: 1\nfrozen: [all]\n" });
    const { code, out } = await repo.plan(at);
    expect(code).toBe(0);
    expect(out).toContain("Who must approve\n  Nobody can: All access is frozen by the settings.\n");
    expect(json((await repo.plan(at, { json: true })).out)).toMatchObject({
      ok: true,
      denied: "All access is frozen by the settings.",
    });
  });
  test("a merged request is planned as it stands, with the window that it has by the clock of its merge", async () => {
    repo.write({ [at]: `${text}start: 2026-11-01T09:00:00Z\n` });
    expect((await repo.plan(at)).code).toBe(1);
    const merge = (when: string) => {
      repo.git("add", "--all");
      const env = { ...process.env, GIT_COMMITTER_DATE: when };
      const who = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
      execFileSync("git", [...who, "commit", "-q", "-m", "x"], { cwd: repo.dir, env });
    };
    merge("2026-10-31T08:00:00Z");
    expect(await repo.plan(at)).toMatchObject({
      code: 0,
      out: expect.stringContaining("  2026-11-01T09:00:00Z to 2026-11-01T09:15:00Z, merged at 2026-10-31T08:00:00Z\n"),
    });
    expect(json((await repo.plan(at, { json: true })).out)["window"]).toEqual({
      not_before: "2026-11-01T09:00:00Z",
      expires_at: "2026-11-01T09:15:00Z",
      merged_at: "2026-10-31T08:00:00Z",
      merged: true,
    });
    // What --at says is what would be.
    expect((await repo.plan(at, { at: "2026-11-02T00:00:00Z" })).out).toContain(
      "  Nothing is left of it, if it is merged at 2026-11-02T00:00:00Z: it ends at 2026-11-01T09:15:00Z.\n",
    );
    const later = at.replace("one", "two");
    repo.write({ [later]: text });
    merge("2026-11-20T08:00:00+01:00");
    expect((await repo.plan(later)).out).toContain("  2026-11-20T07:00:00Z to 2026-11-20T07:15:00Z, merged at");
  });
  test("the requester is nobody who could be frozen, own a path or be in a team", async () => {
    const owners = repo.read(".github/CODEOWNERS").replaceAll("@acme/platform", "@the-requester");
    repo.write({ [at]: text, ".github/CODEOWNERS": owners });
    repo.write({ ".github/countersign.yml": 'version: 1\nfrozen: [{ requester: "@the-requester" }]\n' });
    expect((await repo.plan(at)).out).toContain("  1 of @the-requester   (");
  });
  test("what people write that looks like a stand-in is shown as it is, and nothing of it acts on a terminal", async () => {
    repo.write({
      [at]: text.replace("Read the repository once", '"See bucket 7, id 7. repository:1: of 000000000000"'),
    });
    expect((await repo.plan(at)).out).toContain("Reason: See bucket 7, id 7. repository:1: of 000000000000\n");
  });
});

describe("--online", () => {
  const server = createServer((request, response) => {
    const url = (request.url ?? "").replace("/api/v3", "");
    const answers: Record<string, object> = {
      "/repos/acme/access": { id: 10, full_name: "acme/access", owner: { id: 1 } },
      "/repos/acme/infra": { id: 20, full_name: "acme/infra", owner: { id: 1 } },
      "/repos/acme/infra/contents/.github/workflows/run.yml?ref=refs%2Fheads%2Fmain": {
        type: "file",
        sha: "a".repeat(40),
      },
      "/repos/other/access": { id: 11, full_name: "other/access", owner: { id: 2 } },
    };
    response.writeHead(answers[url] === undefined ? 404 : 200).end(JSON.stringify(answers[url] ?? {}));
  });
  let online: ReturnType<typeof commandsIn>;
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    online = commandsIn(all.dir, { env: { GHE_HOST: host, GHE_PROTOCOL: "http" } });
    all.git("remote", "set-url", "origin", `http://alice:s3cr3t@${host}/acme/access.git`);
  });
  afterAll(() => void server.close());

  test.each(roles)("%s: the plan's own hash, and no word of a preview", async (role) => {
    const { code, out } = await online.plan(pathOf(role), { online: true, json: true });
    expect(code).toBe(0);
    const value = json(out);
    expect(value).toMatchObject({
      ok: true,
      complete: true,
      unknown: [],
      hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(value["plan"]).toMatchObject({ workflow: { repository_id: 20, owner_id: 1, blob: "a".repeat(40) } });
    const text = (await online.plan(pathOf(role), { online: true })).out;
    expect(text).toContain(`\nPlan ${String(value["hash"])}\n`);
    expect(text).toContain("repository:10:");
    expect(out + text).not.toMatch(/preview|not known|s3cr3t/i);
  });
  test("another owner's workflow is an error of the request (C49)", async () => {
    const { code, out } = await online.plan(pathOf("hello/reader"), { online: true, repository: "other/access" });
    expect(code).toBe(1);
    expect(out).toContain("is of another owner than the access repo");
  });
  test("without a repository, or where GitHub does not show it: misuse, and nothing on standard output", async () => {
    expect(await online.plan(pathOf("hello/reader"), { online: true, repository: "acme/nope" })).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("--online: GitHub shows no repository acme/nope"),
    });
    const repo = await newRepo();
    repo.git("remote", "remove", "origin");
    repo.write({ "requests/hello/one.yml": all.read(pathOf("hello/reader")) });
    expect(await repo.plan("requests/hello/one.yml", { online: true })).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("add --repository owner/name"),
    });
    repo.remove();
  });
});
