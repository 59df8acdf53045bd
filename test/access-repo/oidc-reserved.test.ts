import { describe, expect, test } from "vitest";
import { isAudienceAt, isReservedAudience } from "../../src/access-repo/oidc-reserved.ts";

const ours = ["https://countersign.acme.example", "https://id.acme.example/countersign"];

describe("C61 an audience at an address of ours", () => {
  test.each([
    "https://countersign.acme.example",
    "https://countersign.acme.example/",
    "https://countersign.acme.example/token",
    "HTTPS://Countersign.ACME.example",
    "http://countersign.acme.example",
    "countersign.acme.example",
    "countersign.acme.example:443",
    "https://countersign.acme.example:443",
    "https://countersign.acme.example:0443",
    "https://countersign.acme.example.",
    "//countersign.acme.example",
    "https:///countersign.acme.example",
    "https:\\\\countersign.acme.example",
    "https://user:pass@countersign.acme.example",
    "https://countersign%2eacme.example",
    "https://countersign.acme.example?x",
    "https://countersign.acme.example#x",
    "anything://countersign.acme.example",
    "https://id.acme.example/countersign",
    "https://id.acme.example",
  ])("is known in the spelling %s", (audience) => expect(isAudienceAt(audience, ours)).toBe(true));

  test.each([
    "https://vault.acme.example",
    "https://countersign.acme.example:8200",
    "https://countersign.acme.example.evil.example",
    "https://xcountersign.acme.example",
    "https://vault.acme.example/countersign.acme.example",
    "urn:countersign",
    "vault",
  ])("is not seen in %s", (audience) => expect(isAudienceAt(audience, ours)).toBe(false));

  test("on loopback is told apart by its port, and by any notation of the address", () => {
    const local = ["http://127.0.0.1:3000"];
    for (const audience of ["http://127.0.0.1:3000/x", "127.0.0.1:3000", "http://0x7f.1:3000", "http://2130706433"])
      expect(isAudienceAt(audience, local)).toBe(true);
    expect(isAudienceAt("http://127.0.0.1:4000", local)).toBe(false);
  });

  test("an address that cannot be read closes", () => expect(isAudienceAt("vault", ["not a url"])).toBe(true));
});

test("long and odd texts are looked at in no time", () => {
  for (const text of ["a:".repeat(100_000), "/".repeat(200_000), ":".repeat(200_000), "1:".repeat(100_000)]) {
    expect(typeof isReservedAudience(text)).toBe("boolean");
    expect(typeof isAudienceAt(text, ours)).toBe("boolean");
  }
});
