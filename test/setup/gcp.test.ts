import { describe, expect, it } from "vitest";
import type { Target } from "../../src/access-repo/index.ts";
import { attributeCondition } from "../../src/setup/gcp-model.ts";
import { bashProblems, commandsOf } from "./bash.ts";
import { readHcl, stringsOf } from "./hcl-reader.ts";
import { issuerUrl, printed, target } from "./world.ts";

const provider = (name = "countersign") =>
  `projects/123456789/locations/global/workloadIdentityPools/pool-one/providers/${name}`;
const gcp = (name: string, roles: Record<string, string>): Target =>
  target(
    name,
    `cloud: gcp\nroles:\n${Object.entries(roles)
      .map(([key, more]) => `  ${key}: { max_duration: 4h, workload_identity_provider: ${provider()}${more} }\n`)
      .join("")}`,
  );
const account = ", service_account: deployer@acme-prod.iam.gserviceaccount.com";
const prod = gcp("gcp-prod", { deployer: account, direct: "" });
const principal = (role: string, name = "gcp-prod") =>
  `principal://iam.googleapis.com/projects/123456789/locations/global/workloadIdentityPools/pool-one/subject/repository:987:gcp:${name}:${role}`;
const grants = { GRANT_PROJECT_direct: "acme-data", GRANT_ROLE_direct: "roles/storage.objectViewer" };
const nothingThere = { gcloud: 'case "$*" in projects\\ describe*) echo acme-prod;; *describe*) return 1;; esac' };
const there = (issuer = issuerUrl) => ({
  gcloud: `case "$*" in projects\\ describe*) echo acme-prod;; *--format*) echo ${issuer};; esac`,
});
const run = (text: string, programs: Record<string, string>) =>
  commandsOf(text, programs, grants).map((words) => words.slice(1));
const option = (words: readonly string[] | undefined, name: string) => words?.[words.indexOf(name) + 1];

describe("setup of a gcp target", () => {
  it("creates pool and provider with our issuer, the mapping and a condition on exactly its subjects", () => {
    const { text, warnings } = printed([prod], { format: "cli" });
    expect(bashProblems(text)).toBe("");
    const commands = run(text, nothingThere);
    expect(commands[0]).toEqual(["projects", "describe", "123456789", "--format", "value(projectId)"]);
    const made = commands.find((words) => words.includes("create-oidc"));
    expect(made?.slice(0, 5)).toEqual(["iam", "workload-identity-pools", "providers", "create-oidc", "countersign"]);
    expect(option(made, "--project")).toBe("acme-prod");
    expect(option(made, "--workload-identity-pool")).toBe("pool-one");
    expect(option(made, "--issuer-uri")).toBe(issuerUrl);
    expect(option(made, "--attribute-mapping")).toBe("google.subject=assertion.sub");
    expect(option(made, "--attribute-condition")).toBe(
      'assertion.sub in ["repository:987:gcp:gcp-prod:deployer", "repository:987:gcp:gcp-prod:direct"]',
    );
    expect(made).not.toContain("--allowed-audiences");
    expect(warnings).toEqual([]);
  });

  it("lets the subject alone use the service account, or gives it the role that the operator names", () => {
    const commands = run(printed([prod], { format: "cli" }).text, nothingThere);
    expect(commands.slice(-2)).toEqual([
      [
        "iam",
        "service-accounts",
        "add-iam-policy-binding",
        "deployer@acme-prod.iam.gserviceaccount.com",
        "--role",
        "roles/iam.workloadIdentityUser",
        "--member",
        principal("deployer"),
        "--condition",
        "None",
      ],
      [
        "projects",
        "add-iam-policy-binding",
        "acme-data",
        "--role",
        "roles/storage.objectViewer",
        "--member",
        principal("direct"),
        "--condition",
        "None",
      ],
    ]);
    const { text } = printed([prod], { format: "cli" });
    expect(() => commandsOf(text, nothingThere)).toThrow("GRANT_PROJECT_direct");
  });

  it("changes nothing of a provider that is there but the condition, and nothing of one with another issuer", () => {
    const { text } = printed([prod], { format: "cli" });
    const changes = run(text, there()).filter((words) => /create|update/.test(words.join(" ")));
    expect(changes).toHaveLength(1);
    expect(changes[0]?.slice(2, 4)).toEqual(["providers", "update-oidc"]);
    expect(changes[0]).not.toContain("--issuer-uri");
    expect(() => commandsOf(text, there("https://token.actions.githubusercontent.com"), grants)).toThrow(
      "another issuer",
    );
  });

  it("is the same in Terraform", () => {
    const { text } = printed([prod]);
    const strings = stringsOf(text);
    for (const value of [
      issuerUrl,
      "assertion.sub",
      "google.subject",
      principal("deployer"),
      principal("direct"),
      "roles/iam.workloadIdentityUser",
      "deployer@acme-prod.iam.gserviceaccount.com",
    ])
      expect(strings).toContain(value);
    const words = readHcl(text).map(({ text }) => text);
    expect(words).toContain("google_service_account_iam_member");
    expect(words).not.toContain("allowed_audiences");
  });

  it("admits what else of the access repo comes by the provider, and leaves it when one goes", () => {
    const other = gcp("other", { x: account });
    const { text } = printed([prod, other], { format: "cli" });
    expect(text).toContain("repository:987:gcp:other:x");
    const removed = printed([prod, other], { format: "cli", remove: true });
    expect(bashProblems(removed.text)).toBe("");
    const commands = run(removed.text, there());
    expect(commands.some((words) => words.includes("delete"))).toBe(false);
    expect(option(commands.at(-1), "--attribute-condition")).toBe('assertion.sub in ["repository:987:gcp:other:x"]');
    expect(removed.warnings).toEqual([expect.stringContaining("stays")]);
  });

  it("removes bindings, then the provider; the pool only by hand", () => {
    const { text } = printed([prod], { format: "cli", remove: true });
    const commands = run(text, there()).map((words) => words.slice(0, 4).join(" "));
    expect(commands.slice(1)).toEqual([
      "iam service-accounts remove-iam-policy-binding deployer@acme-prod.iam.gserviceaccount.com",
      "projects remove-iam-policy-binding acme-data --role",
      "iam workload-identity-pools providers delete",
    ]);
    expect(text).toContain("# gcloud iam workload-identity-pools delete pool-one");
    const terraform = printed([prod], { remove: true }).text;
    expect(readHcl(terraform).filter(({ text }) => text === "removed")).toHaveLength(3);
  });

  it("falls back to the kind's prefix where a condition would be too long for Google", () => {
    const subjects = Array.from({ length: 60 }, (_, i) => `repository:987:gcp:${"t".repeat(60)}:role-${i}`);
    expect(attributeCondition(subjects)).toBe('assertion.sub.startsWith("repository:987:gcp:")');
    expect(attributeCondition(subjects.slice(0, 5)).length).toBeLessThan(4096);
    const many = gcp("t".repeat(60), Object.fromEntries(subjects.map((_, i) => [`role-${i}`, account])));
    expect(printed([many], { roles: ["role-1"] }).warnings).toEqual([expect.stringContaining("admits all gcp roles")]);
  });
});
