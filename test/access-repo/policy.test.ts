import { describe, expect, test } from "vitest";
import { objectId } from "../../src/base/ids.ts";
import { loadPolicy, policyDigest, type PolicyFiles } from "../../src/access-repo/index.ts";
import { codeownersText, otherTarget, policyFiles, settingsText, targetText, treeFile } from "./examples.ts";
import { codesOf } from "./expect-codes.ts";

const codes = (parts: Partial<PolicyFiles>) => {
  const loaded = loadPolicy(policyFiles(parts));
  const errors = loaded.diagnostics.filter((d) => d.severity === "error");
  expect(loaded.ok).toBe(errors.length === 0);
  return codesOf(errors);
};
const targets = (...files: PolicyFiles["targets"]) => ({ targets: files });
const owned = (text: string): Partial<PolicyFiles> => ({
  codeowners: [treeFile(".github/CODEOWNERS", text), undefined, undefined],
});

test("a whole policy loads", () => {
  const loaded = loadPolicy(policyFiles());
  expect(loaded).toMatchObject({ ok: true, diagnostics: [] });
  if (loaded.ok) expect([...loaded.policy.targets.keys()]).toEqual(["aws-prod"]);
});

describe("the digest", () => {
  const files = policyFiles();
  test("is over ids only, the same whatever was read", () => {
    expect(policyDigest(files)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(policyDigest({ ...files, targets: [] })).toBe(policyDigest(files));
  });
  test("is known for a policy that cannot be in force", () => {
    const broken = { ...files, settings: undefined };
    expect(loadPolicy(broken)).toMatchObject({ ok: false, digest: policyDigest(broken) });
  });
  test("C53 changes with every part, and with the place of CODEOWNERS", () => {
    const [owners] = files.codeowners;
    const others: PolicyFiles[] = [
      { ...files, settings: treeFile(".github/countersign.yml", settingsText) },
      { ...files, settings: undefined },
      { ...files, targetsTree: objectId("b".repeat(40)) },
      { ...files, targetsTree: undefined },
      { ...files, codeowners: [undefined, owners, undefined] },
      { ...files, codeowners: [owners, owners, undefined] },
    ];
    expect(new Set([files, ...others].map(policyDigest)).size).toBe(others.length + 1);
  });
  test("has the published form", () => {
    expect(
      policyDigest({
        settings: undefined,
        targetsTree: undefined,
        targets: [],
        codeowners: [undefined, undefined, undefined],
      }),
    ).toBe(
      // sha256 of {"codeowners":[null,null,null],"settings":null,"targets":null,"v":1}
      "sha256:374052db44494818ff815284f367c0ed6ed2c9acd10b553a75e584a883a59e8d",
    );
  });
});

describe("C12 what is not a plain file is no policy", () => {
  test.each([
    ["a symbolic link", 0o120000],
    ["a submodule", 0o160000],
    ["an executable", 0o100755],
    ["a group-writable file", 0o100664],
    ["a folder", 0o040000],
  ])("%s", (_, mode) => {
    expect(codes(targets(treeFile("targets/aws-prod.yml", targetText, mode)))).toEqual(["CS2001"]);
    expect(codes({ settings: treeFile(".github/countersign.yml", settingsText, mode) })).toEqual(["CS2001"]);
    expect(codes({ codeowners: [treeFile(".github/CODEOWNERS", codeownersText, mode), undefined, undefined] })).toEqual(
      ["CS2001"],
    );
  });
  test("it is called what it is", () => {
    const said = (mode: number) =>
      loadPolicy(policyFiles(targets(treeFile("targets/aws-prod.yml", targetText, mode)))).diagnostics[0];
    expect(said(0o120000)?.message).toBe("This is a symbolic link (git mode 120000).");
    expect(said(0o160000)?.message).toBe("This is a submodule (git mode 160000).");
    expect(said(0o40000)?.message).toBe("This is a folder (git mode 40000).");
    expect(said(0o100664)?.message).toBe("This is no plain file (git mode 100664).");
    expect(said(0o100755)?.hint).toContain("chmod -x");
  });
  test("a folder inside targets/", () => {
    expect(codes(targets(treeFile("targets/x.yml/y.yml", targetText)))).toEqual(["CS2002"]);
    expect(codes(targets(treeFile("targets/sub", undefined, 0o040000)))).toEqual(
      expect.arrayContaining(["CS2001", "CS2002"]),
    );
  });
  test("a file that cannot be read as text", () => {
    expect(codes(targets(treeFile("targets/aws-prod.yml", undefined)))).toEqual(["CS1001"]);
    expect(codes({ settings: treeFile(".github/countersign.yml", undefined) })).toEqual(["CS1001"]);
    expect(
      codes(
        owned(codeownersText).codeowners
          ? { codeowners: [treeFile(".github/CODEOWNERS", undefined), undefined, undefined] }
          : {},
      ),
    ).toContain("CS1001");
  });
  test("other files in targets/", () => {
    for (const path of ["targets/README.md", "targets/aws.yaml", "targets/AWS.yml"]) {
      expect(codes(targets(treeFile(path, targetText)))).toEqual(["CS2002"]);
    }
  });
});

describe("C11 C16 every policy path has owners, present or not", () => {
  test.each([
    ["", "all"],
    ["/targets/ @a\n", "settings and CODEOWNERS"],
    ["* @a\n/targets/\n", "targets/"],
    ["* @a\n/.github/\n", "settings"],
    ["* @a\n/CODEOWNERS\n", "a place where no file is, but where one would win later"],
    ["* @a\ndocs/\n", "docs/CODEOWNERS"],
    ["* @a\n/targets/*.yml\n", "each target"],
    ["* @a\n/targets/\n/targets/aws-prod.yml @a\n", "a target that somebody might add"],
    ["* x@acme.example\n", "addresses only"],
  ])("%j leaves %s unowned", (text) => expect(codes(owned(text))).toEqual(["CS3005"]));
  test("no CODEOWNERS at all, or none that can be used, is said once and not of every path", () => {
    const without = loadPolicy(policyFiles({ codeowners: [undefined, undefined, undefined] }));
    expect(without).toMatchObject({ ok: false, diagnostics: [{ code: "CS3001" }] });
    const broken = loadPolicy(policyFiles(owned("[x] @b\n")));
    expect(broken).toMatchObject({ ok: false, diagnostics: [{ code: "CS3003" }] });
  });
  test("a line that GitHub would skip", () => expect(codes(owned("* @a\n[x] @b\n"))).toEqual(["CS3003"]));
  test("an address beside an account is a warning", () => {
    expect(loadPolicy(policyFiles(owned("* @a x@acme.example\n")))).toMatchObject({
      ok: true,
      diagnostics: [{ code: "CS3006" }],
    });
  });
});

describe("files against each other", () => {
  test("no settings", () => expect(codes({ settings: undefined })).toEqual(["CS2003"]));
  test("one broken target makes the whole policy fail, with all that is wrong", () => {
    expect(
      codes(targets(treeFile("targets/a.yml", targetText), treeFile("targets/b.yml", "version: 2\ncloud: aws\n"))),
    ).toEqual(["CS1009", "CS1011"]);
  });
  test("a role's approvals are never below the settings'", () => {
    const three = treeFile(".github/countersign.yml", settingsText.replace("approvals: 1", "approvals: 3"));
    const loaded = loadPolicy(policyFiles({ settings: three }));
    expect(loaded.diagnostics).toMatchObject([{ code: "CS2004", file: "targets/aws-prod.yml", line: 13, column: 16 }]);
    expect(
      codes({
        settings: three,
        ...targets(treeFile("targets/a.yml", targetText.replace("approvals: 2", "approvals: 3"))),
      }),
    ).toEqual([]);
  });
  test("C61 two oidc targets of one audience", () => {
    const oidc = otherTarget("oidc");
    expect(codes(targets(treeFile("targets/a.yml", oidc), treeFile("targets/b.yml", oidc)))).toEqual(["CS1017"]);
  });
  test("a freeze that would stop nothing is told", () => {
    const settings = treeFile(
      ".github/countersign.yml",
      settingsText.replace("frozen: []", "frozen: [{ target: aws-prdo }]"),
    );
    const loaded = loadPolicy(policyFiles({ settings }));
    expect(loaded.diagnostics).toMatchObject([{ code: "CS2005", hint: 'Did you mean "aws-prod"?' }]);
  });
  test("no targets yet is fine", () => expect(codes({ targets: [], targetsTree: undefined })).toEqual([]));
});

describe("C15 the work for one policy is bounded", () => {
  const name = (i: number) => `targets/t${i}.yml`;
  const small = otherTarget("github");
  const files = (count: number, text: string) => Array.from({ length: count }, (_, i) => treeFile(name(i), text));

  test("200 targets load; of 201 none is read", () => {
    expect(codes(targets(...files(200, small)))).toEqual([]);
    const loaded = loadPolicy(policyFiles(targets(...files(201, "not: [a target"))));
    expect(loaded.ok).toBe(false);
    expect(loaded.diagnostics).toMatchObject([{ code: "CS2032", file: name(200) }]);
    expect(codes(targets(...Array.from({ length: 5000 }, (_, i) => treeFile(`targets/a/${i}`, small))))).toEqual([
      "CS2032",
    ]);
  });

  test("targets of more than 1 MiB together are not read", () => {
    const large = small + `#${"x".repeat(60_000)}\n`;
    expect(codes(targets(...files(17, large)))).toEqual([]);
    expect(codes(targets(...files(18, large)))).toEqual(["CS2032"]);
  });

  test("a CODEOWNERS file whose every line has to be tried for every target denies; for a few it does not", () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `/targets/t*${i}y @a`);
    const few = owned(`* @a\n${lines.join("\n")}`);
    expect(codes({ ...few, ...targets(...files(3, small)) })).toEqual([]);
    expect(codes({ ...few, ...targets(...files(200, small)) })).toEqual(["CS3012"]);
  });

  test("a thousand frozen targets that do not exist are told, with what was meant for the first ten", () => {
    const frozen = Array.from({ length: 1000 }, (_, i) => `{ target: aws-prox-${i} }`).join();
    const loaded = loadPolicy(
      policyFiles({ settings: treeFile(".github/countersign.yml", `version: 1\nfrozen: [${frozen}]\n`) }),
    );
    const told = loaded.diagnostics.filter((d) => d.code === "CS2005");
    expect(told).toHaveLength(100);
    expect(told.filter((d) => d.hint.includes("Did you mean"))).toHaveLength(10);
  });
});
