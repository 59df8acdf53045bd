import { describe, expect, test } from "vitest";
import { hostIn, tokenIn } from "../../src/commands/token.ts";

const env = {
  GH_TOKEN: " gh\n",
  GITHUB_TOKEN: "github",
  GH_ENTERPRISE_TOKEN: "",
  GITHUB_ENTERPRISE_TOKEN: "enterprise",
};

describe("a person's token", () => {
  test.each([
    ["github.com", "gh"],
    ["acme.ghe.com", "gh"],
    ["ghe.acme.example", "enterprise"],
    ["127.0.0.1:3000", "enterprise"],
    // Somebody's host, whatever its name begins or ends with.
    ["github.com.evil.example", "enterprise"],
    ["evilghe.com", "enterprise"],
    ["notgithub.com", "enterprise"],
  ])("for %s is %s", (host, token) => {
    expect(tokenIn(host, env)?.token).toBe(token);
  });

  test("of GitHub's own hosts is sent to no other", () => {
    expect(tokenIn("ghe.acme.example", { GH_TOKEN: "gh", GITHUB_TOKEN: "github" })).toBeUndefined();
  });
});

test.each([
  [undefined, "github.com"],
  ["", "github.com"],
  [" GHE.Acme.example ", "ghe.acme.example"],
])("GHE_HOST %j means %s", (given, host) => {
  expect(hostIn({ GHE_HOST: given })).toBe(host);
});
