import { describe, expect, it } from "vitest";
import type { Target } from "../../src/access-repo/index.ts";
import { bashProblems, commandsOf } from "./bash.ts";
import { readHcl, stringsOf } from "./hcl-reader.ts";
import { issuerUrl, printed, target } from "./world.ts";

const tenant = "11111111-1111-1111-1111-111111111111";
const client = "2222ABCD-2222-2222-2222-222222222222";
const role = (more = "", id = client) => `{ max_duration: 4h, tenant_id: ${tenant}, client_id: ${id}${more} }`;
const azure = (name: string, roles: Record<string, string>): Target =>
  target(
    name,
    `cloud: azure\nroles:\n${Object.entries(roles)
      .map(([key, text]) => `  ${key}: ${text}\n`)
      .join("")}`,
  );
const prod = azure("azure-prod", { ops: role() });
const signedIn = (id = tenant) => ({ az: `case "$*" in account*) echo ${id};; *show*) return 1;; esac` });
/** `count` roles of one application, over two targets. */
const roles = (count: number, id = client): readonly [Target, Target] => {
  const named = (from: number, to: number) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`r${from + i}`, role("", id)]));
  return [azure("one", named(0, 5)), azure("two", named(5, count))];
};

describe("setup of an azure target", () => {
  it("adds a federated credential with exactly issuer, subject and audience, and a service principal where there is none", () => {
    const { text } = printed([prod], { format: "cli" });
    expect(bashProblems(text)).toBe("");
    const [, show, create, credential] = commandsOf(text, signedIn()).map((words) => words.slice(1));
    const id = client.toLowerCase();
    expect(show).toEqual(["ad", "sp", "show", "--id", id]);
    expect(create).toEqual(["ad", "sp", "create", "--id", id]);
    expect(credential?.slice(0, 6)).toEqual(["ad", "app", "federated-credential", "create", "--id", id]);
    expect(JSON.parse(credential?.at(-1) ?? "")).toEqual({
      name: "cs-987-azure-prod-ops",
      issuer: issuerUrl,
      subject: "repository:987:azure:azure-prod:ops",
      audiences: ["api://AzureADTokenExchange"],
    });
  });

  it("is the same in Terraform, and gone by removed", () => {
    const strings = stringsOf(printed([prod]).text);
    for (const value of [
      "cs-987-azure-prod-ops",
      issuerUrl,
      "repository:987:azure:azure-prod:ops",
      client.toLowerCase(),
    ])
      expect(strings).toContain(value);
    const { text, warnings } = printed([prod], { remove: true });
    expect(readHcl(text)[0]?.text).toBe("removed");
    expect(warnings).toEqual([expect.stringContaining("90 minutes")]);
  });

  it.each([
    ["https://management.usgovcloudapi.net", "api://AzureADTokenExchangeUSGov"],
    ["https://management.chinacloudapi.cn", "api://AzureADTokenExchangeChina"],
  ])("has the audience of the cloud of %s", (resource, audience) => {
    const there = azure("there", { x: role(`, resources: ["${resource}"]`) });
    expect(printed([there], { format: "cli" }).text).toContain(`"${audience}"`);
  });

  it("removes exactly that credential, in the tenant of the role only", () => {
    const { text } = printed([prod], { format: "cli", remove: true });
    expect(bashProblems(text)).toBe("");
    expect(commandsOf(text, signedIn()).at(-1)?.slice(1)).toEqual([
      "ad",
      "app",
      "federated-credential",
      "delete",
      "--id",
      client.toLowerCase(),
      "--federated-credential-id",
      "cs-987-azure-prod-ops",
    ]);
    expect(() => commandsOf(text, signedIn("9999"))).toThrow("Sign in to Entra tenant");
  });

  it("warns from 18 roles of one application in the access repo on, and says what cannot work over 20", () => {
    expect(printed(roles(17)).warnings).toEqual([]);
    expect(printed(roles(18)).warnings).toEqual([
      expect.stringContaining("has 18 roles in this access repo, and Entra takes 20"),
    ]);
    expect(printed(roles(20)).warnings).toEqual([
      expect.stringContaining("use another application for what comes next"),
    ]);
    expect(printed(roles(23)).warnings).toEqual([expect.stringContaining("3 of them cannot work")]);
    expect(printed(roles(23), { remove: true }).warnings).toEqual([expect.stringContaining("90 minutes")]);
    // Two spellings of one id are one application.
    const [one] = roles(6, client.toUpperCase());
    const [, two] = roles(18, client.toLowerCase());
    expect(printed([one, two]).warnings).toHaveLength(1);
  });

  it("has a name for every credential that Entra takes, also for the longest names", () => {
    const long = azure("a".repeat(60), { ["r".repeat(32)]: role() });
    const names = stringsOf(printed([long]).text).filter((text) => text.startsWith("cs-987-"));
    expect(names).toHaveLength(1);
    expect(names[0]?.length).toBeLessThanOrEqual(120);
  });
});
