import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { setup, setupCommand, type SetupOptions } from "../../src/commands/setup.ts";
import { folder } from "../admin/world.ts";
import { fakeIo } from "./fake-io.ts";

const role = "    role_arn: arn:aws:iam::123456789012:role/x\n    max_duration: 1h\n    allow: ['*']\n";
const aws = `version: 1\ncloud: aws\nroles:\n  operator:\n${role}  reader:\n${role}`;
const given = { issuerUrl: "https://countersign.acme.example", repositoryId: "987" };

function run(name: string, options: SetupOptions, files: Record<string, string> = { "aws-prod.yml": aws }, env = {}) {
  const repo = folder();
  mkdirSync(join(repo, "targets"));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(repo, "targets", file), text);
  const { io, printed } = fakeIo(repo, { env });
  const code = setup(name, options, io);
  return { code, repo, ...printed };
}

describe("countersign setup", () => {
  test("prints Terraform for every role, or for those that are named", () => {
    const { code, out, err } = run("aws-prod", given);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^# Creates the trust of AWS for roles operator, reader of target aws-prod\./);
    expect(out).toContain("repository:987:aws:aws-prod:operator");
    const one = run("aws-prod", { ...given, role: ["reader"] });
    expect(one.out).toContain("for role reader of");
  });

  test("prints a script with --format cli, and what to tear down with --remove", () => {
    expect(run("aws-prod", { ...given, format: "cli" }).out).toMatch(/^#!\/usr\/bin\/env bash\n/);
    expect(run("aws-prod", { ...given, remove: true }).out).toContain("removed {");
  });

  test("prints one JSON object with the subjects and the warnings", () => {
    const shared = `version: 1\ncloud: aws\nroles:\n  z:\n${role}`;
    const { code, out, err } = run(
      "aws-prod",
      { ...given, json: true, role: ["reader"] },
      { "aws-prod.yml": aws, "other.yml": shared, "broken.yml": "version: 2\n" },
    );
    expect([code, err]).toEqual([0, ""]);
    expect(JSON.parse(out)).toEqual({
      target: "aws-prod",
      cloud: "aws",
      issuer: given.issuerUrl,
      repository_id: 987,
      format: "terraform",
      remove: false,
      subjects: [{ role: "reader", subject: "repository:987:aws:aws-prod:reader" }],
      text: expect.stringContaining("repository:987:aws:other:z") as unknown,
      warnings: [
        expect.stringContaining("names them all"),
        "targets/broken.yml has errors and was left out: what it shares with this target is not known.",
      ],
    });
  });

  test("takes the installation from the server's environment", () => {
    const env = { PUBLIC_URL: "https://a.example", ACCESS_REPOS: "acme/access#42" };
    expect(run("aws-prod", {}, undefined, env).out).toContain("Issuer https://a.example, access repo 42.");
    const issuer = { ...env, ISSUER_URL: "https://b.example/i" };
    expect(run("aws-prod", {}, undefined, issuer).out).toContain("Issuer https://b.example/i");
    expect(run("aws-prod", given, undefined, env).out).toContain("access repo 987");
    const two = { ...env, ACCESS_REPOS: "acme/access#42,acme/other#43" };
    expect(run("aws-prod", {}, undefined, two)).toMatchObject({ code: 2, out: "" });
  });

  test.each<[string, SetupOptions, RegExp]>([
    ["no issuer", { repositoryId: "1" }, /Give --issuer-url/],
    ["an issuer with a port", { ...given, issuerUrl: "https://a.example:8443" }, /port/],
    ["an issuer that is code", { ...given, issuerUrl: "https://a.example/$(id)" }, /cannot be an issuer/],
    ["no repository", { issuerUrl: given.issuerUrl }, /Give --repository-id/],
    ["a name for an id", { ...given, repositoryId: "acme/access" }, /not a repository id/],
    ["another format", { ...given, format: "pulumi" }, /terraform or cli/],
    ["an unknown role", { ...given, role: ["operator", "admin"] }, /no role "admin"; it has operator, reader/],
    ["no access repo", { ...given, repo: "nowhere" }, /no folder targets/],
  ])("ends with 2 and prints nothing for %s", (_name, options, message) => {
    const { code, out, err } = run("aws-prod", options);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });

  test("names the targets that there are", () => {
    expect(run("aws-prd", given).err).toBe("There is no targets/aws-prd.yml. There are: aws-prod.\n");
    expect(run("../../etc/passwd", given).code).toBe(2);
  });

  test("shows the errors of the target's own file at their place", () => {
    const { code, out, err } = run("aws-prod", given, { "aws-prod.yml": aws.replace("max_duration", "max_duratoin") });
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^targets\/aws-prod\.yml:6:5: CS1007: /m);
  });

  test("C12 reads no link", () => {
    const { repo } = run("aws-prod", given);
    writeFileSync(join(repo, "elsewhere.yml"), aws);
    symlinkSync(join(repo, "elsewhere.yml"), join(repo, "targets", "linked.yml"));
    const { io, printed } = fakeIo(repo);
    expect(setup("linked", given, io)).toBe(2);
    expect(printed.err).toContain("There are: aws-prod.");
  });

  test("says why a target cannot be set up so", () => {
    const two = aws.replace(
      "reader:\n    role_arn: arn:aws:iam::123456789012",
      "reader:\n    role_arn: arn:aws:iam::999999999999",
    );
    const { code, err } = run("aws-prod", given, { "aws-prod.yml": two });
    expect([code, err]).toEqual([
      1,
      "These roles are in different AWS accounts: name those of one account with --role.\n",
    ]);
  });

  test("has help with examples", () => {
    let help = "";
    setupCommand()
      .configureOutput({ writeOut: (text) => void (help += text) })
      .outputHelp();
    expect(help).toMatch(/Examples:\n {2}countersign setup/);
  });
});
