import { describe, expect, test } from "vitest";
import { describeRole, loadPolicy } from "../../src/access-repo/index.ts";
import { decide } from "../../src/approval/index.ts";
import { inputOf } from "../approval/world.ts";
import { otherTarget, policyFiles, settingsText, targetText, treeFile } from "./examples.ts";

interface Parts {
  readonly target?: string;
  readonly name?: string;
  readonly settings?: string;
  readonly codeowners?: string;
}
function described({ target = targetText, name = "aws-prod", settings, codeowners }: Parts) {
  const files = policyFiles({
    targets: [treeFile(`targets/${name}.yml`, target)],
    ...(settings !== undefined && { settings: treeFile(".github/countersign.yml", settings) }),
    ...(codeowners !== undefined && { codeowners: [treeFile(".github/CODEOWNERS", codeowners), undefined, undefined] }),
  });
  const loaded = loadPolicy(files);
  if (!loaded.ok) return expect.fail(loaded.diagnostics.map((d) => `${d.file}:${d.line} ${d.message}`).join("; "));
  const [found] = loaded.policy.targets.values();
  const [[role, value] = expect.fail("no role")] = found?.roles ?? [];
  return describeRole(loaded.policy, found ?? expect.fail("no target"), role, value);
}
const rules = (parts: Parts): string => described(parts).rules.join("\n");

describe("a role in words", () => {
  test.each<[string, Parts, string, readonly string[]]>([
    [
      "aws that allows everything",
      { target: targetText.replace(/allow:[\s\S]*?max_duration/, 'allow: ["*"]\n    max_duration') },
      "AWS role arn:aws:iam::123456789012:role/countersign-operator",
      ["everything that the role itself allows", "set tf-state: s3:GetObject on arn:aws:s3:::acme-tf/*"],
    ],
    [
      "gcp",
      { target: otherTarget("gcp"), name: "gcp" },
      "service account deployer@acme-prod.iam.gserviceaccount.com",
      ["scopes https://www.googleapis.com/auth/cloud-platform"],
    ],
    [
      "azure",
      { target: otherTarget("azure"), name: "azure" },
      "application 22222222-2222-2222-2222-222222222222 of tenant 11111111-1111-1111-1111-111111111111",
      ["a token for https://management.azure.com"],
    ],
    [
      "github",
      { target: otherTarget("github"), name: "github" },
      "the GitHub App for github targets",
      ["contents: write on acme/infra"],
    ],
    [
      "oidc",
      { target: otherTarget("oidc"), name: "oidc" },
      "a token of this server's issuer",
      ["for https://vault.acme.example", "with the claim team: platform"],
    ],
  ])("of %s: whom it stands for, and what it can do at most", (_, parts, as, can) =>
    expect(described(parts)).toMatchObject({ as, can }),
  );

  test("who approves is who can: addresses of mail stand for nobody, there as here", () => {
    const only = "* @acme/platform\n/requests/ bob@acme.example\n";
    expect(rules({ codeowners: only })).toContain(
      "Cannot be approved: no line of CODEOWNERS gives its requests an owner.",
    );
    expect(decide(inputOf({ codeowners: only })).outcome).toBe("denied");
    const both = "* @acme/platform\n/requests/ bob@acme.example @bob\n";
    expect(rules({ codeowners: both })).toContain("Approved by 2 of @bob and 1 of @acme/security (CODEOWNERS line 2).");
  });
  test("a path that is left without owners cannot be approved", () =>
    expect(rules({ codeowners: "* @acme/platform\n/requests/aws-prod/\n" })).toContain("Cannot be approved"));
  test("a role without workflows cannot be dispatched", () => {
    expect(rules({ target: otherTarget("gcp"), name: "gcp" })).toContain("but not with dispatch");
    expect(rules({})).not.toContain("but not with dispatch");
  });
  test("how it goes without approval is said beside who approves", () => {
    const urgent = { target: targetText.replace("break_glass: false", "break_glass: true") };
    const text = rules(urgent);
    expect(text).toContain("Approved automatically for @acme/sre: up to 30m, 5 times a day each, s3:Get*.");
    expect(text).toContain(
      "Break-glass by @acme/incident-commanders: no approval, up to 1h, and an owner reviews it within 3d.",
    );
    // Without a list of actions it covers none.
    expect(rules({ target: targetText.replace(' actions: ["s3:Get*"],', "") })).not.toContain("automatically");
    // Where the settings name nobody, the role's word means nothing.
    const settings = settingsText.replace(/break_glass:[\s\S]*?frozen/, "frozen");
    expect(rules({ ...urgent, settings })).not.toMatch(/break-glass/i);
  });
});
