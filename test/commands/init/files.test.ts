import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { jsonSchemas, loadPolicy, parsePolicyTests, parseTarget } from "../../../src/access-repo/index.ts";
import { openCatalogue } from "../../../src/action-catalogue/index.ts";
import { describeRepo } from "../../../src/commands/init/describe.ts";
import { accessRepoFiles } from "../../../src/commands/init/files.ts";
import { runPolicyTests } from "../../../src/commands/policy-tests.ts";
import { placed } from "../../access-repo/expect-codes.ts";
import { acts } from "../run.ts";
import { acme, filesFor, now } from "./world.ts";

describe("what init writes", () => {
  const login = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$/);
  const owner = login.filter((name) => !/--|-$/.test(name));
  const slug = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/);
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,30}$/).filter((text) => !/^\.{1,2}$|\.git$/.test(text));

  test("has no finding and passes its own tests, whoever the owners are and whatever the repository is called", async () => {
    const actions = await openCatalogue();
    await fc.assert(
      fc.asyncProperty(
        owner,
        name,
        fc.array(fc.oneof(login, fc.constantFrom("somebody", "SOMEBODY-2", "an-owner", "null", "012")), {
          maxLength: 3,
        }),
        fc.array(slug, { maxLength: 8 }),
        fc.option(fc.constantFrom("https://cs.example", "https://cs.example/base/"), { nil: undefined }),
        async (org, repository, people, teams, url) => {
          fc.pre(repository.toLowerCase() !== "infra");
          const owners = [...people.map((one) => `@${one}`), ...teams.map((one) => `@${org}/${one}`)];
          const { files, policyFiles } = await filesFor({
            repository: `${org}/${repository}`,
            ...(owners.length > 0 && { owners }),
            ...(url !== undefined && { url }),
          });
          const loaded = loadPolicy(policyFiles);
          if (!loaded.ok) expect.fail(placed(loaded.diagnostics).join("; "));
          // Of CODEOWNERS a person is a warning at most: who alone owns a path cannot ask for it.
          expect(loaded.diagnostics.filter((d) => d.severity === "error")).toEqual([]);
          const tests = parsePolicyTests(files.get("tests/policy.yml"), "tests/policy.yml");
          if (!tests.ok) expect.fail(placed(tests.diagnostics).join("; "));
          const basis = { policy: loaded.policy, files: policyFiles, actions };
          expect(await runPolicyTests(basis, { path: "tests/policy.yml", ...tests }, now)).toEqual([]);
          for (const text of files.values()) expect(text).not.toMatch(acts);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("parses: every JSON and YAML file", async () => {
    const { files } = await filesFor(acme);
    for (const [path, text] of files) {
      if (path.endsWith(".json")) expect(JSON.parse(text)).toBeTypeOf("object");
      if (path.endsWith(".yml")) expect(load(text)).toBeTypeOf("object");
    }
  });
  test.each(["main", "release/2.0", 'a"b', "${{ github.token }}", "x]}\nenv: {a: b", "**", "-x"])(
    "is a workflow of one job that only reads, whatever the default branch is: %j",
    async (branch) => {
      const repo = await describeRepo("/nowhere", acme);
      const files = accessRepoFiles({ ...repo, place: { ...repo.place, defaultBranch: branch } }, now);
      const text = files.get(".github/workflows/validate.yml") ?? "";
      expect(load(text)).toMatchObject({
        on: { pull_request: null, push: { branches: [/^[a-z./0-9]+$/.test(branch) ? branch : "**"] } },
        permissions: { contents: "read" },
        jobs: { validate: { "runs-on": "ubuntu-latest" } },
      });
      expect(Object.keys(load(text) as object)).toEqual(["name", "on", "permissions", "jobs"]);
    },
  );
  test("shows in comments only what can be written", async () => {
    const { files, policyFiles } = await filesFor(acme);
    const settings = files.get(".github/countersign.yml") ?? "";
    const shown = [...settings.matchAll(/^# ([a-z_]+: .*)$/gm)].map((match) => match[1] ?? "");
    expect(shown).toHaveLength(4);
    for (const line of shown) {
      const key = line.slice(0, line.indexOf(":"));
      const text = `${settings.replace(new RegExp(`^${key}:.*$`, "m"), "")}${line}\n`;
      const loaded = loadPolicy({ ...policyFiles, settings: { ...policyFiles.settings, text } });
      expect(placed(loaded.diagnostics)).toEqual([]);
    }
    const gcp = (files.get("targets/gcp-example.yml") ?? "").replaceAll(/^ {4}# (boundary:| {2}- \{)/gm, "    $1");
    expect(gcp).toContain("\n    boundary:\n      - {");
    expect(parseTarget(gcp, "targets/gcp-example.yml").diagnostics).toEqual([]);
  });
  test("maps every kind of file to its schema, in the repository or on the server", async () => {
    const settings = (await filesFor(acme)).files;
    const mapping = JSON.parse(settings.get(".vscode/settings.json") ?? "") as {
      "yaml.schemas": Record<string, string>;
    };
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const name of Object.keys(jsonSchemas())) {
      const copy = `.vscode/schemas/${name}.json`;
      expect(Object.keys(mapping["yaml.schemas"])).toContain(`./${copy}`);
      expect(() => ajv.compile(JSON.parse(settings.get(copy) ?? "") as object)).not.toThrow();
    }
    const served = (await filesFor({ ...acme, url: "https://cs.acme.example/" })).files;
    expect([...served.keys()].filter((path) => path.includes("schemas"))).toEqual([]);
    expect(served.get(".vscode/settings.json")).toContain(
      '"https://cs.acme.example/schemas/request.json": "requests/**/*.yml"',
    );
  });
  test("does not claim what no server decides yet", async () => {
    const { files } = await filesFor(acme);
    const settings = files.get(".github/countersign.yml") ?? "";
    expect(load(settings)).toEqual({ version: 1, approvals: 1, frozen: [] });
    for (const [path, text] of files) {
      if (path.endsWith(".json")) continue;
      for (const line of text.split("\n").filter((one) => /break.glass|auto_approve|pending_expiry/i.test(one)))
        expect(line).toMatch(/^# |this version|the check run says which/);
    }
  });
});
