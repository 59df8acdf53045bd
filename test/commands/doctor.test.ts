import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { doctor, type DoctorOptions } from "../../src/commands/doctor.ts";
import { type LocalGitHub, startLocalGitHub } from "../sandbox/github/index.ts";
import { seed } from "../sandbox/seed.ts";
import { fakeIo } from "./fake-io.ts";
import { acts } from "./run.ts";

let dir: string;
let gh: LocalGitHub;
beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), "doctor-"));
  gh = await startLocalGitHub({ dir: path.join(dir, "github"), now: () => new Date("2026-11-25T09:00:00Z"), seed });
  gh.change.setSelection("acme", "all");
});
afterAll(async () => {
  expect(gh.validation.failures).toEqual([]);
  expect(gh.validation.unvalidated).toEqual([]);
  await gh.close();
  rmSync(dir, { recursive: true, force: true });
});
// Every test has an access repo of its own.
let repo = "";
let n = 0;
beforeEach(async () => {
  const name = `access-${++n}`;
  repo = `acme/${name}`;
  const { files, collaborators, teams } = seed.repositories[0] ?? expect.fail("no seed");
  await gh.change.addRepository({
    owner: "acme",
    name,
    files: files ?? {},
    collaborators: collaborators ?? {},
    teams: teams ?? {},
    installed: true,
  });
  gh.change.setSettings(repo, { private: true });
  gh.clearRequests();
});

const host = () => new URL(gh.url).host;
const env = (login = "root", more: Record<string, string> = {}) => ({
  GH_HOST: host(),
  GHE_PROTOCOL: "http",
  GH_ENTERPRISE_TOKEN: gh.users[login]?.token ?? "",
  APP_ID: String(gh.app.id),
  ...more,
});
interface Asked {
  readonly env?: Record<string, string>;
  /** What somebody at the terminal says; undefined: nobody is there. */
  readonly answers?: readonly string[];
  readonly ghToken?: (host: string) => Promise<string | undefined>;
  /** Before each answer. */
  readonly meanwhile?: () => void;
}
async function run(options: DoctorOptions = {}, asked: Asked = {}, named = repo) {
  const { io, printed } = fakeIo("/", { env: asked.env ?? env() });
  const answers = [...(asked.answers ?? [])];
  const code = await doctor(named, options, {
    io,
    person: asked.answers !== undefined,
    ask: async (question) => {
      printed.err += question;
      asked.meanwhile?.();
      return answers.shift();
    },
    ghToken: asked.ghToken ?? (async () => undefined),
  });
  return { code, ...printed };
}
interface Report {
  readonly ok: boolean;
  readonly findings: readonly {
    code: string;
    level: string;
    what: string;
    cure: string;
    fix?: { id: string; loosens: string[]; command: string };
  }[];
  readonly fixes: readonly { id: string; outcome: string }[];
}
const json = async (options: DoctorOptions = {}, asked: Asked = {}) => {
  const result = await run({ ...options, json: true }, asked);
  return { code: result.code, report: JSON.parse(result.out) as Report };
};
const brief = ({ findings }: Report) => findings.map((f) => `${f.level} ${f.code}`);
const writes = () => gh.requests.filter((r) => r.method !== "GET" && !r.path.endsWith("graphql"));
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const asRoot = () => new Octokit({ baseUrl: gh.apiUrl, auth: gh.users["root"]?.token, log: silent });
const ruleset = (rules: object[], more: object = {}) => ({
  name: "house rules",
  enforcement: "active",
  conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
  rules,
  ...more,
});
const reviews = (count: number) => ({
  type: "pull_request",
  parameters: {
    required_approving_review_count: count,
    require_code_owner_review: false,
    require_last_push_approval: false,
    dismiss_stale_reviews_on_push: false,
    required_review_thread_resolution: false,
  },
});

describe("as an owner of the organization", () => {
  test("a bare repository: every seat belt that is missing, with its command; --fix --yes adds them, and then all is fine", async () => {
    gh.change.setSettings(repo, { squash: false, approve: true, write: true });
    const before = await run();
    expect(before.code).toBe(1);
    expect(before.out).toContain(
      `gh api --method POST --hostname ${host()} repos/${repo}/rulesets --input - <<'JSON'\n{"name":"Countersign: default branch"`,
    );
    const { code, report } = await json({ fix: true, yes: true });
    expect(report.fixes.map((f) => `${f.id} ${f.outcome}`)).toEqual([
      "squash done",
      "actions-approve done",
      "actions-write done",
      "default-branch done",
      "ledger-branch done",
    ]);
    expect(report.findings).toEqual([]);
    expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
    const again = await run();
    expect(again).toMatchObject({ code: 0, err: "" });
    expect(again.out).toContain("Fine: nothing found.");
  });

  test("after --fix nobody but our App makes the ledger's branch, not even an owner of the organization", async () => {
    await run({ fix: true, yes: true });
    const rules = (
      await asRoot().rest.repos.getBranchRules({ owner: "acme", repo: repo.slice(5), branch: "countersign-ledger" })
    ).data;
    expect(rules.map((rule) => rule.type).sort()).toEqual(["creation", "deletion", "non_fast_forward", "update"]);
    const sha = (await asRoot().rest.git.getRef({ owner: "acme", repo: repo.slice(5), ref: "heads/main" })).data.object
      .sha;
    const create = asRoot().rest.git.createRef({
      owner: "acme",
      repo: repo.slice(5),
      ref: "refs/heads/countersign-ledger",
      sha,
    });
    await expect(create).rejects.toMatchObject({ status: 409 });
  });

  test("a secret team without write; CODEOWNERS as GitHub sees it", async () => {
    gh.change.setTeam("acme", "cloud-owners", { secret: true, permission: "read", of: repo });
    try {
      const { report } = await json();
      expect(brief(report)).toEqual(expect.arrayContaining(["error codeowners", "error team"]));
      expect(report.findings.filter((f) => f.code === "team")).toHaveLength(2);
      expect(report.findings.find((f) => f.code === "codeowners")?.what).toContain("GitHub says: Unknown owner");
    } finally {
      gh.change.setTeam("acme", "cloud-owners", { secret: false });
    }
  });

  test("classic branch protection is read, and changed", async () => {
    gh.change.setProtection(repo, "main", {
      requiredApprovals: 1,
      requiredChecks: [{ context: "countersign" }],
      strict: true,
    });
    const { report } = await json();
    expect(brief(report)).toEqual(
      expect.arrayContaining(["error branch-blocks-merge", "error branch-strict", "warning branch-check"]),
    );
    const fixed = await json({ fix: true }, { answers: ["y", "y", "y", "y"] });
    expect(fixed.report.fixes.map((f) => f.outcome)).toEqual(["done", "done", "done", "done"]);
    expect(brief(fixed.report)).toEqual([]);
  });

  test("an App that is not installed there is an error, for its target repositories as well", async () => {
    const { report } = await json({ app: "999999" });
    expect(brief(report)).toEqual(expect.arrayContaining(["error app-installation", "error target-repository"]));
  });

  test("a target repository: customised subject, App not everywhere", async () => {
    gh.change.setSettings("acme/infra", { subject: ["repo"] });
    expect(brief((await json()).report)).toContain("note target-subject");
    gh.change.setSelection("acme", "selected");
    expect(brief((await json()).report)).toContain("unknown target-repository");
    gh.change.setSelection("acme", "all");
    gh.change.setSettings("acme/infra", { subject: null });
  });
});

describe("as somebody who may not see it", () => {
  test("what is not shown is unknown and says what would show it; nothing is fine", async () => {
    await run({ fix: true, yes: true });
    const { code, report } = await json({}, { env: env("alice") });
    expect({ code, ok: report.ok }).toEqual({ code: 1, ok: false });
    expect(brief(report).sort()).toEqual([
      "unknown actions-approve",
      "unknown app-installation",
      "unknown branch-bypass",
      "unknown ledger-blocked",
      "unknown ledger-bypass",
      "unknown target-repository",
    ]);
    for (const { cure } of report.findings) expect(cure).toMatch(/^To see it: ./);
  });

  test("without saying which App is ours, the pin is unknown", async () => {
    await run({ fix: true, yes: true });
    const { report } = await json({}, { env: env("root", { APP_ID: "" }) });
    expect(brief(report)).toEqual(expect.arrayContaining(["unknown branch-check", "unknown app-installation"]));
    expect(brief((await json({ app: "countersign" }, { env: env("root", { APP_ID: "" }) })).report)).toEqual([]);
  });

  test("a fix that GitHub refuses has failed, and is told", async () => {
    const { code, report } = await json({ fix: true, yes: true }, { env: env("alice") });
    expect(code).toBe(1);
    expect(report.fixes.length).toBeGreaterThan(0);
    expect(new Set(report.fixes.map((f) => f.outcome))).toEqual(new Set(["failed"]));
  });
});

describe("--fix", () => {
  test("nobody to ask: misuse, and nothing is read or written", async () => {
    expect(await run({ fix: true })).toMatchObject({ code: 2, out: "", err: expect.stringContaining("--yes") });
    expect(await run({ yes: true })).toMatchObject({ code: 2, out: "" });
    expect(gh.requests).toEqual([]);
  });

  test.each([["n"], [""], ["yess"], [undefined]])("%j is no yes: nothing is written", async (answer) => {
    gh.clearRequests();
    const result = await run({ fix: true }, { answers: answer === undefined ? [] : [answer, answer] });
    expect(result.code).toBe(1);
    expect(result.err).toContain("Run it? [y/N] ");
    expect(writes()).toEqual([]);
  });

  test("what ends a rule is named in the question, and --yes does not do it", async () => {
    const everything = [reviews(2), { type: "deletion" }, { type: "non_fast_forward" }];
    const id = gh.change.addRuleset(
      repo,
      ruleset(everything, { bypass_actors: [{ actor_type: "OrganizationAdmin", bypass_mode: "always" }] }),
    );
    const { report } = await json({ fix: true, yes: true });
    expect(report.fixes).toContainEqual(expect.objectContaining({ id: `ruleset-${id}`, outcome: "needs_person" }));
    const read = () => asRoot().rest.repos.getRepoRuleset({ owner: "acme", repo: repo.slice(5), ruleset_id: id });
    expect((await read()).data.rules).toMatchObject(everything);
    const asked = await run({ fix: true }, { answers: ["y"] });
    expect(asked.err).toContain(
      'This changes the ruleset "house rules", which is for ~DEFAULT_BRANCH. It ends: 2 approving reviews.\nRun it? [y/N] ',
    );
    const { data } = await read();
    expect(data.rules).toMatchObject([reviews(0), { type: "deletion" }, { type: "non_fast_forward" }]);
    expect(data.bypass_actors).toMatchObject([{ actor_type: "OrganizationAdmin" }]);
  });

  test("what changed while somebody thought is not overwritten", async () => {
    const id = gh.change.addRuleset(repo, ruleset([reviews(1)]));
    const extra = { type: "required_linear_history" };
    let changed = false;
    const { report } = await json(
      { fix: true },
      {
        answers: ["y", "n", "n"],
        // Somebody adds a rule to the same ruleset on GitHub's page.
        meanwhile: () => {
          if (!changed) gh.change.changeRuleset(repo, id, { rules: [reviews(1), extra] });
          changed = true;
        },
      },
    );
    expect(report.fixes).toContainEqual(expect.objectContaining({ id: `ruleset-${id}`, outcome: "changed" }));
    const { data } = await asRoot().rest.repos.getRepoRuleset({ owner: "acme", repo: repo.slice(5), ruleset_id: id });
    expect(data.rules).toMatchObject([reviews(1), extra]);
  });

  test("the organization's rulesets are left alone", async () => {
    const only = { conditions: { ref_name: { include: ["refs/heads/main"] } }, name: "org rules" };
    gh.change.addRuleset("acme", ruleset([reviews(1)], only));
    try {
      const { report } = await json({ fix: true, yes: true });
      const [blocks] = report.findings.filter((f) => f.code === "branch-blocks-merge");
      expect(blocks?.cure).toContain("It is a ruleset of the organization acme, which cannot be changed here");
      expect(blocks?.fix).toBeUndefined();
      expect(writes().every((r) => !r.path.includes("/orgs/"))).toBe(true);
    } finally {
      gh.change.clearRulesets("acme");
    }
  });
});

describe("misuse and what is not there", () => {
  test("no such repository", async () => {
    expect(await run({}, {}, "acme/nothing")).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("GitHub shows no acme/nothing to this token"),
    });
    expect(JSON.parse((await run({ json: true }, {}, "acme/nothing")).out)).toMatchObject({
      ok: false,
      code: "no_repository",
    });
  });

  test("no such App, a name that is none, no token", async () => {
    expect(await run({ app: "nobody" })).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("no App nobody"),
    });
    for (const named of ["acme", "acme/a/b/c", "acme/..", "-x/y", "acme/a b", "acme/a;id", "a_b@c/acme/x"])
      expect(await run({}, {}, named)).toMatchObject({ code: 2, out: "" });
    expect(await run({ app: "x y" })).toMatchObject({ code: 2, out: "" });
    const none = await run({}, { env: { GH_HOST: host(), GHE_PROTOCOL: "http" } });
    expect(none).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining(`gh auth login --hostname ${host()}`),
    });
  });

  test("a token that a header cannot hold is not printed", async () => {
    const result = await run({}, { env: env("root", { GH_ENTERPRISE_TOKEN: "ghp_s3cr3t\nx: y" }) });
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.err).not.toContain("s3cr3t");
  });
});

describe("whose token goes where, by gh's rules", () => {
  test("a token of github.com is not sent to another server", async () => {
    const asked: string[] = [];
    const result = await run(
      {},
      {
        env: {
          GH_HOST: host(),
          GHE_PROTOCOL: "http",
          GH_TOKEN: gh.users["root"]?.token ?? "",
          GITHUB_TOKEN: gh.users["root"]?.token ?? "",
        },
        ghToken: async (name) => void asked.push(name),
      },
    );
    expect(result.code).toBe(2);
    expect(asked).toEqual([host()]);
    expect(gh.requests).toEqual([]);
  });

  test("gh's own token for the host is used where the environment has none; a host may be named with the repository", async () => {
    const result = await run(
      {},
      { env: { GHE_PROTOCOL: "http" }, ghToken: async () => gh.users["root"]?.token },
      `${host()}/${repo}`,
    );
    expect(result.out).toContain(`${repo} on ${host()}, branch main`);
    expect(new Set(gh.requests.map((r) => r.as))).toEqual(new Set(["root"]));
  });
});

test("C62: names that people gave reach no terminal as they are", async () => {
  const evil = 'x"\u001b]0;owned\u0007\u001b[2J\r\u202egnp';
  gh.change.addRuleset(
    repo,
    ruleset(
      [
        { ...reviews(1) },
        {
          type: "required_status_checks",
          parameters: { strict_required_status_checks_policy: true, required_status_checks: [{ context: evil }] },
        },
      ],
      { name: evil, conditions: { ref_name: { include: ["~DEFAULT_BRANCH", evil] } } },
    ),
  );
  const asked = await run({ fix: true }, { answers: ["y", "n", "n"] });
  expect(asked.out + asked.err).toContain('x"\ufffd]0;owned');
  expect(asked.out.replaceAll("\n", "") + asked.err.replaceAll("\n", "")).not.toMatch(
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/,
  );
  expect(asked.out + asked.err).not.toMatch(acts);
  const { out } = await run({ json: true });
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
