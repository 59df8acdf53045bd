import { describe, expect, it } from "vitest";
import type { Target } from "../../src/access-repo/index.ts";
import { bashProblems, commandsOf } from "./bash.ts";
import { readHcl } from "./hcl-reader.ts";
import { issuerUrl, printed, target } from "./world.ts";

const github = (name: string, roles: string): Target => target(name, `cloud: github\nroles:\n${roles}`);
const release = github(
  "release",
  "  tag: { max_duration: 1h, permissions: { contents: write, pull_requests: read }, repositories: [acme/infra, acme/web] }\n",
);
const audit = github(
  "audit",
  "  read: { max_duration: 1h, permissions: { contents: read, security_events: read }, repositories: [acme/Web] }\n",
);
const vault = target(
  "vault",
  'cloud: oidc\nroles:\n  deploy: { max_duration: 1h, audience: \'https://vault.acme.example\', claims: { team: "plat\\"form" } }\n',
);

describe("setup of a github target", () => {
  it("names the permissions of all github roles, where to install, and the server's variables", () => {
    const { text } = printed([release, audit]);
    for (const line of ["#      Code scanning alerts: read", "#      Contents: write", "#      Pull requests: read"])
      expect(text).toContain(line);
    expect(text).toContain("#      acme/infra\n#      acme/web\n");
    expect(text).toMatch(/Never on an access repo/);
    expect(text).toMatch(/Never the App of APP_ID/);
    expect(text).toContain("BROKER_APP_ID=");
    expect(text).toContain("BROKER_PRIVATE_KEY=");
  });

  it("takes out what no other role needs, whatever case it is written in", () => {
    const { text } = printed([release, audit], { remove: true });
    expect(text).toContain("#      acme/infra\n");
    expect(text).not.toContain("acme/web");
    expect(text).toContain("#      Contents: read");
    expect(printed([release], { remove: true }).text).toContain("delete the App");
  });
});

describe("setup of an oidc target", () => {
  it("says what the relying party must check, each as a whole", () => {
    const { text } = printed([vault]);
    for (const value of [
      `${issuerUrl}/.well-known/jwks.json`,
      `iss  exactly ${issuerUrl}`,
      "aud  exactly https://vault.acme.example",
      "sub  exactly repository:987:oidc:vault:deploy",
      'team  plat"form',
      "RS256, and no other",
    ])
      expect(text).toContain(value);
    expect(printed([vault], { remove: true }).text).toContain("sub  exactly repository:987:oidc:vault:deploy");
  });
});

describe("what is only told", () => {
  it.each([release, vault])("runs nothing, in a shell or in Terraform", (each) => {
    for (const format of ["cli", "terraform"] as const)
      for (const remove of [false, true]) {
        const { text } = printed([each], { format, remove });
        expect(bashProblems(text)).toBe("");
        expect(commandsOf(text, {})).toEqual([]);
        expect(readHcl(text)).toEqual([]);
      }
  });

  it("C62 stays told with a claim that would be code", () => {
    const hostile = target(
      "hostile",
      "cloud: oidc\nroles:\n  x: { max_duration: 1h, audience: 'https://a.example/$(id)', claims: { team: '`id` $(id) ${x}' } }\n",
    );
    const { text } = printed([hostile], { format: "cli" });
    expect(commandsOf(text, { id: "true" })).toEqual([]);
    expect(readHcl(text)).toEqual([]);
  });
});
