import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newRepo, type Repo } from "./new-repo.ts";
import { acts, commandsIn } from "./run.ts";

let repo: Repo;
beforeEach(async () => {
  repo = await newRepo();
});
afterEach(() => repo.remove());

const json = (text: string): Record<string, unknown> => {
  const value = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(value)).toEqual(["ok", "roles", "catalogue", "diagnostics"]);
  return value;
};

describe("targets", () => {
  test("says of one role what it is for, in words, with its link", async () => {
    const { code, out, err } = await repo.targets("hello/reader");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.replace(/https:\S*/, "link")).toBe(`hello/reader  (github) Try Countersign without a cloud
  As the GitHub App for github targets, at most:
    contents: read on acme/infra
  Approved by 1 of @acme/platform (CODEOWNERS line 14).
  Lasts at most 1h, 15m if nothing is said.
  Used by any workflow of the same owner, but not with dispatch, since the role lists no workflows.
  On github-hosted runners, started by workflow_dispatch, push, schedule.
  Request: link
`);
  });
  test("without a name says it of all, without the long links", async () => {
    const { out } = await repo.targets();
    expect(out.match(/^\S+\/\S+ {2}\(/gm)).toEqual([
      "aws-example/operator  (",
      "azure-example/contributor  (",
      "gcp-example/deployer  (",
      "hello/reader  (",
      "oidc-example/platform  (",
    ]);
    expect(out).not.toContain("https://github.com");
    expect(out).not.toMatch(acts);
  });
  test("in JSON has every key of every role, also where no link is known", async () => {
    const keys = ["cloud", "description", "target", "role", "as", "can", "rules", "request"];
    const roles = json((await repo.targets(undefined, { json: true })).out)["roles"] as object[];
    expect(roles).toHaveLength(5);
    for (const role of roles) expect(Object.keys(role)).toEqual(keys);
    repo.git("remote", "remove", "origin");
    const [first] = json((await repo.targets("hello", { json: true })).out)["roles"] as object[];
    expect(Object.keys(first ?? {})).toEqual(keys);
    expect(first).toMatchObject({ request: null });
  });
  test("of an empty policy says what to do", async () => {
    repo.git("rm", "-rq", "targets");
    expect((await repo.targets()).out).toBe("There is no target yet: add targets/<name>.yml.\n");
    expect(await repo.targets("hello")).toMatchObject({
      code: 2,
      err: 'countersign targets: There is no "hello". There is no target yet.\n',
    });
  });
  test.each(["helo", "hello/writer", "", "../x", "\u001b[2J", "x".repeat(1e6)])("%.20j is misuse", async (name) => {
    const { code, out, err } = await repo.targets(name);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^countersign targets: There is no ".*"\. There are (?:aws-example|aws-example\/operator), /);
    expect(err).not.toMatch(acts);
    expect(err.length).toBeLessThan(400);
  });
  test("of a policy with errors: 1, findings on standard error; in JSON with the same keys", async () => {
    repo.write({ "targets/hello.yml": "version: 1\n" });
    const { code, out, err } = await repo.targets();
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("targets/hello.yml:1:1: error CS1009");
    expect(json((await repo.targets(undefined, { json: true })).out)).toMatchObject({
      ok: false,
      roles: [],
      catalogue: null,
      diagnostics: [{ code: "CS1009", fix: null }],
    });
  });
});

describe("targets --write", () => {
  test("writes CATALOG.md where it says something else, and only there", async () => {
    expect((await repo.targets(undefined, { write: true })).out).toBe("CATALOG.md is current: 5 roles.\n");
    repo.write({ "targets/hello.yml": repo.read("targets/hello.yml").replace("max_duration: 1h", "max_duration: 2h") });
    expect((await repo.validate()).out).toContain("CATALOG.md:1:1: warning CS6002");
    expect((await repo.targets(undefined, { write: true })).out).toBe("CATALOG.md is written: 5 roles.\n");
    expect(repo.read("CATALOG.md")).toContain("- Lasts at most 2h");
    expect(await repo.validate()).toMatchObject({ code: 0, out: expect.not.stringContaining("CS6002") });
    expect(json((await repo.targets(undefined, { write: true, json: true })).out)).toMatchObject({
      ok: true,
      catalogue: { file: "CATALOG.md", written: false },
    });
  });
  test("makes the links of a later month, though validate does not ask for it", async () => {
    const later = commandsIn(repo.dir, { now: () => new Date("2027-02-03T00:00:00Z") });
    expect((await later.validate()).out).not.toContain("CS6002");
    expect((await later.targets(undefined, { write: true })).out).toContain("is written");
    expect(repo.read("CATALOG.md")).toContain("%2F2027-02%2F");
  });
  test("without a repository to link to is misuse, with the cure", async () => {
    repo.git("remote", "remove", "origin");
    expect(await repo.targets(undefined, { write: true })).toMatchObject({
      code: 2,
      err: expect.stringContaining("add --repository owner/name"),
    });
    expect(await repo.targets(undefined, { write: true, repository: "acme/other" })).toMatchObject({ code: 0 });
    expect(repo.read("CATALOG.md")).toContain("https://github.com/acme/other/new/main?");
    // A clone without a remote is not told that its catalogue is out of date.
    expect((await repo.validate()).out).not.toContain("CS6002");
  });
  test("of one target is misuse", async () =>
    expect(await repo.targets("hello", { write: true })).toMatchObject({
      code: 2,
      err: expect.stringContaining('--write writes all of CATALOG.md: leave out "hello".'),
    }));
  test.each<[string, string, (path: string) => void]>([
    ["a link", "it is a symbolic link", (path) => symlinkSync("../outside.md", path)],
    ["a link that leads nowhere", "it is a symbolic link", (path) => symlinkSync("nowhere", path)],
    ["a folder", "it is a folder", (path) => mkdirSync(path)],
  ])("never writes through or over %s", async (_, why, put) => {
    repo.write({ "../outside.md": "mine" });
    repo.git("rm", "-q", "CATALOG.md");
    put(join(repo.dir, "CATALOG.md"));
    expect(await repo.targets(undefined, { write: true })).toMatchObject({
      code: 2,
      out: "",
      err: `countersign targets: CATALOG.md cannot be written: ${why}.\n`,
    });
    expect(repo.read("../outside.md")).toBe("mine");
  });
  test("never puts credentials of the remote into the file", async () => {
    repo.git("remote", "set-url", "origin", "https://alice:s3cr3t@ghe.acme.example/acme/access");
    const { out } = await repo.targets(undefined, { write: true });
    const shown = await repo.targets("hello", { json: true });
    expect(out + shown.out + repo.read("CATALOG.md")).not.toContain("s3cr3t");
    expect(repo.read("CATALOG.md")).toContain("https://ghe.acme.example/acme/access/new/main?");
  });
});
