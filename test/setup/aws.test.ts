import { describe, expect, it } from "vitest";
import type { Target } from "../../src/access-repo/index.ts";
import { repositoryId } from "../../src/base/ids.ts";
import { subjectOf } from "../../src/plan/index.ts";
import { setupText } from "../../src/setup/index.ts";
import { bashProblems, commandsOf } from "./bash.ts";
import { readHcl, stringsOf } from "./hcl-reader.ts";
import { issuerUrl, printed, target } from "./world.ts";

const allow = 'allow: ["*"]';
const role = (arn: string, more = "") => `{ role_arn: "${arn}", max_duration: 4h, ${allow}${more} }`;
const aws = (name: string, roles: Record<string, string>, more = ""): Target =>
  target(
    name,
    `cloud: aws\n${more}roles:\n${Object.entries(roles)
      .map(([key, text]) => `  ${key}: ${text}\n`)
      .join("")}`,
  );
const operator = "arn:aws:iam::123456789012:role/ops/countersign-operator";
const reader = "arn:aws:iam::123456789012:role/reader";
const prod = aws("aws-prod", { operator: role(operator, ", max_session: 2h"), reader: role(reader) });
const subject = "repository:987:aws:aws-prod:operator";

/** A signed-in account, and nothing there yet. */
const signedIn = (account = "123456789012") => ({
  aws: `case "$2" in get-caller-identity) echo ${account};; list-*) echo one two;; get-*) return 1;; esac`,
});
interface Statement {
  readonly Action: string | readonly string[];
  readonly Principal: unknown;
  readonly Condition: { readonly StringEquals: Record<string, unknown>; readonly Bool?: unknown };
}
const policyOf = (command: readonly string[] | undefined, option: string): readonly Statement[] => {
  const text = command?.[command.indexOf(option) + 1] ?? "";
  return (JSON.parse(text) as { Statement: Statement[] }).Statement;
};

describe("setup of an aws target", () => {
  it("creates the provider once and each role with a trust of exactly our subject and audience", () => {
    const { text, warnings } = printed([prod], { format: "cli", roles: ["operator"] });
    expect(bashProblems(text)).toBe("");
    const [, exists, create, made] = commandsOf(text, signedIn());
    const provider = "arn:aws:iam::123456789012:oidc-provider/countersign.acme.example/i";
    expect(exists).toEqual(["aws", "iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", provider]);
    expect(create?.slice(2)).toEqual([
      "create-open-id-connect-provider",
      "--url",
      issuerUrl,
      "--client-id-list",
      "sts.amazonaws.com",
    ]);
    expect(made?.slice(2, 9)).toEqual([
      "create-role",
      "--role-name",
      "countersign-operator",
      "--path",
      "/ops/",
      "--max-session-duration",
      "7200",
    ]);
    const [assume, tag] = policyOf(made, "--assume-role-policy-document");
    const equals = {
      "countersign.acme.example/i:aud": "sts.amazonaws.com",
      "countersign.acme.example/i:sub": subject,
    };
    expect(assume).toEqual({
      Effect: "Allow",
      Principal: { Federated: provider },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: { StringEquals: equals, Bool: { "sts:RoleAuthorizedByIdp": "true" } },
    });
    expect(tag?.Action).toEqual(["sts:TagSession", "sts:SetSourceIdentity"]);
    expect(tag?.Condition).toEqual({ StringEquals: equals });
    expect(subject).toBe(subjectOf(repositoryId(987), "aws", "aws-prod", "operator"));
    expect(warnings).toEqual([]);
  });

  it("is the same in Terraform, in blocks that any reader can read", () => {
    const { text } = printed([prod]);
    const strings = stringsOf(text);
    for (const value of [issuerUrl, "sts.amazonaws.com", subject, "/ops/", "sts:RoleAuthorizedByIdp", "reader"])
      expect(strings).toContain(value);
    const words = readHcl(text).flatMap(({ kind, text }) => (kind === "word" || kind === "number" ? [text] : []));
    expect(words.filter((word) => word === "resource")).toHaveLength(3);
    expect(words.filter((word) => word === "jsonencode")).toHaveLength(2);
    expect(words).toContain("7200");
    expect(words).toContain("3600");
  });

  it("does nothing in another account than the role's", () => {
    const { text } = printed([prod], { format: "cli" });
    expect(() => commandsOf(text, signedIn("999999999999"))).toThrow("Sign in to AWS account 123456789012 first");
    expect(() => commandsOf(text, { aws: "return 1" })).toThrow("Sign in");
  });

  it("trusts every role of the access repo that uses the same IAM role, and says so", () => {
    const other = aws("aws-other", { x: role(reader, ", max_session: 3h") });
    const { text, warnings } = printed([prod, other], { format: "cli", roles: ["reader"] });
    const made = commandsOf(text, signedIn()).at(-1);
    expect(made?.[made.indexOf("--max-session-duration") + 1]).toBe("10800");
    const [assume] = policyOf(made, "--assume-role-policy-document");
    expect(Object.values(assume?.Condition.StringEquals ?? {})).toContainEqual([
      "repository:987:aws:aws-other:x",
      "repository:987:aws:aws-prod:reader",
    ]);
    expect(warnings).toEqual([expect.stringContaining("names them all")]);
  });

  it("removes a role with its policies, and no provider that somebody needs", () => {
    const { text } = printed([prod], { format: "cli", remove: true });
    expect(bashProblems(text)).toBe("");
    const commands = commandsOf(text, signedIn()).map((words) => words.slice(2).join(" "));
    expect(commands.slice(1, 8)).toEqual([
      "list-role-policies --role-name countersign-operator --query PolicyNames[] --output text",
      "delete-role-policy --role-name countersign-operator --policy-name one",
      "delete-role-policy --role-name countersign-operator --policy-name two",
      "list-attached-role-policies --role-name countersign-operator --query AttachedPolicies[].PolicyArn --output text",
      "detach-role-policy --role-name countersign-operator --policy-arn one",
      "detach-role-policy --role-name countersign-operator --policy-arn two",
      "delete-role --role-name countersign-operator",
    ]);
    expect(commands.join("\n")).not.toContain("delete-open-id-connect-provider");
    expect(text).toContain("# aws iam delete-open-id-connect-provider");
    expect(printed([prod], { format: "cli", remove: true, roles: ["reader"] }).text).toContain(
      "The OIDC provider stays",
    );
  });

  it("takes one subject out of a shared role instead of deleting it", () => {
    const other = aws("aws-other", { x: role(reader) });
    const { text, warnings } = printed([prod, other], { format: "cli", remove: true, roles: ["reader"] });
    const left = commandsOf(text, signedIn()).at(-1);
    expect(left?.slice(2, 5)).toEqual(["update-assume-role-policy", "--role-name", "reader"]);
    const [assume] = policyOf(left, "--policy-document");
    expect(Object.values(assume?.Condition.StringEquals ?? {})).toContain("repository:987:aws:aws-other:x");
    expect(text).not.toContain("aws-prod:reader");
    expect(warnings).toEqual([expect.stringContaining("stays")]);
    const terraform = printed([prod, other], { remove: true, roles: ["operator", "reader"] }).text;
    expect(
      readHcl(terraform)
        .filter(({ text }) => text === "removed" || text === "resource")
        .map(({ text }) => text),
    ).toEqual(["removed", "resource"]);
  });

  it.each([
    ["aws-cn", "cn-north-1"],
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-eusc", "eusc-de-east-1"],
  ])("names the provider of partition %s, and doubts what it may not know yet", (partition, region) => {
    const there = aws("there", { x: role(`arn:${partition}:iam::123456789012:role/x`) }, `region: ${region}\n`);
    const { text, warnings } = printed([there], { format: "cli" });
    expect(text).toContain(`arn:${partition}:iam::123456789012:oidc-provider/countersign.acme.example/i`);
    expect(text).toContain("--client-id-list sts.amazonaws.com");
    expect(warnings).toEqual([expect.stringContaining("sts:RoleAuthorizedByIdp")]);
  });

  it("does not mix accounts, and gives no two roles one name", () => {
    const two = aws("two", { a: role(operator), b: role("arn:aws:iam::999999999999:role/b") });
    expect(() => printed([two])).toThrow("different AWS accounts");
    expect(printed([two], { roles: ["b"] }).text).toContain("999999999999");
    const names = ["a_b", "a.b", "a-b", "a+b", "a=b"].map((name) => `arn:aws:iam::123456789012:role/${name}`);
    const many = aws("many", Object.fromEntries(names.map((arn, i) => [`r${i}`, role(arn)])));
    const labels = stringsOf(printed([many]).text).filter((text) => text.startsWith("countersign_123456789012_"));
    expect(new Set(labels).size).toBe(names.length);
  });

  it("C62 prints nothing for what is no ARN, had it come past the parser", () => {
    const [[, real]] = [...prod.roles] as [[string, object]];
    for (const arn of [
      "arn:aws:iam::123456789012:role/x'; id #",
      'arn:aws:iam::1"2:role/${x}',
      "",
      "arn:aws:iam::123456789012:role/a\nb",
    ]) {
      const bad = { ...prod, roles: new Map([["x", { ...real, role_arn: arn }]]) } as unknown as Target;
      const input = { issuerUrl, repositoryId: repositoryId(987), target: bad, roles: ["x"], targets: [bad] };
      for (const format of ["cli", "terraform"] as const)
        expect(setupText({ ...input, format, remove: false })).toEqual({
          ok: false,
          problem: expect.stringContaining("role_arn") as unknown,
        });
    }
  });

  it("knows roles of this target only", () => {
    expect(() => printed([prod], { roles: ["other"] })).toThrow("no such role");
    expect(() => printed([prod], { roles: [] })).toThrow("no such role");
    const long = aws("a".repeat(63), { ["r".repeat(32)]: role(operator) });
    expect(() => printed([long], {})).not.toThrow();
  });
});
