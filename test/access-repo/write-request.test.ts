import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRequest, parseTarget } from "../../src/access-repo/index.ts";
import { newFileLink } from "../../src/access-repo/new-file-link.ts";
import { requestTemplate } from "../../src/access-repo/request-template.ts";
import { requestText as written } from "../../src/access-repo/write-request.ts";
import { otherTarget, requestText, targetText } from "./examples.ts";
import { placed, valueOf } from "./expect-codes.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const sentence = fc
  .oneof(
    fc.string({ minLength: 10, maxLength: 60 }),
    fc.constantFrom(
      "why: because # of this",
      "no",
      "null null null",
      "- a list, it seems",
      "'quoted' and \"doubly\"",
      "ends with a colon:",
    ),
  )
  .filter(
    (text) =>
      text.trim() === text && text.length >= 10 && !/[\p{C}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0\ufffd]/u.test(text),
  );

const fields = fc.record(
  {
    role: word,
    reason: sentence,
    ticket: sentence,
    allow: fc.array(
      fc.record({
        actions: fc.array(fc.constantFrom("s3:Get*", "s3:DeleteBucket", "*"), { minLength: 1, maxLength: 3 }),
        resources: fc.array(fc.constantFrom("arn:aws:s3:::acme-*/*", "*"), { minLength: 1, maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    sets: fc.array(word, { minLength: 1, maxLength: 3 }),
    permissions: fc.dictionary(
      fc.constantFrom("contents", "issues"),
      fc.constantFrom("read" as const, "write" as const),
      { minKeys: 1 },
    ),
    repositories: fc.array(fc.constantFrom("acme/infra", "acme/.github"), { minLength: 1, maxLength: 2 }),
    duration: fc.constantFrom(60, 3600, 5400, 86_400),
    start: fc.constant(new Date("2026-11-24T09:00:00Z")),
    runs: fc.integer({ min: 1, max: 20 }),
    workflow: fc.record(
      {
        repository: fc.constant("acme/infra"),
        ref: fc.constant("refs/heads/main"),
        environment: sentence,
        actor: fc.constant("any" as const),
      },
      { requiredKeys: ["ref"] },
    ),
    dispatch: fc.record({
      inputs: fc.dictionary(
        fc.constantFrom("a", "dry_run", "null"),
        fc.oneof(sentence, fc.constant(""), fc.constant("true")),
      ),
    }),
    break_glass: sentence,
  },
  { requiredKeys: ["role", "reason"] },
);

describe("a request that is written", () => {
  test("is read as the same", () => {
    fc.assert(
      fc.property(fields, (request) => {
        const read = parseRequest(written(request), "p");
        expect(read.diagnostics).toEqual([]);
        expect(valueOf(read)).toEqual({ version: 1, sets: [], runs: 1, ...request });
      }),
      { numRuns: 500 },
    );
  });

  test("from an older one is the older one", () => {
    const old = valueOf(parseRequest(requestText, "p"));
    expect(valueOf(parseRequest(written(old), "p"))).toEqual(old);
  });

  test("reads as a person would write it", () => {
    const text = written({
      role: "operator",
      reason: "Delete the log bucket left behind by the storage migration",
      ticket: "OPS-1423",
      allow: [{ actions: ["s3:DeleteBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }],
      duration: 3600,
      workflow: {
        repository: "acme/infra",
        file: ".github/workflows/delete-bucket.yml",
        ref: "refs/heads/main",
        environment: "production",
      },
      dispatch: { inputs: { bucket: "acme-stale-logs" } },
    });
    expect(text).toBe(`version: 1
role: operator
reason: Delete the log bucket left behind by the storage migration
ticket: OPS-1423
actions: ["s3:DeleteBucket"]
resources: ["arn:aws:s3:::acme-stale-logs"]
duration: 1h
workflow:
  repository: acme/infra
  file: .github/workflows/delete-bucket.yml
  ref: refs/heads/main
  environment: production
dispatch:
  inputs:
    bucket: acme-stale-logs
`);
  });
});

describe("a template", () => {
  const role = (text: string) => {
    const target = valueOf(parseTarget(text, "targets/a.yml"));
    const [[name, value] = expect.fail("no role")] = target.roles;
    return requestTemplate(target, name, value);
  };
  test("is not valid before somebody says why: an empty reason never becomes a reason", () => {
    for (const text of [
      targetText,
      ...(["gcp", "azure", "github", "oidc"] as const).map((kind) => otherTarget(kind)),
    ]) {
      const template = role(text);
      const found = parseRequest(template, "p");
      expect(found.ok).toBe(false);
      expect(new Set(placed(found.diagnostics).map((p) => p.split(" ")[1]))).toEqual(new Set(["CS1015"]));
      const filled = template
        .replace(/reason:.*/, "reason: Delete the old log bucket")
        .replace(/ticket:.*/, "ticket: OPS-1")
        .replace(/ {2}repository: {2}.*/, "  repository: acme/infra")
        .replace(/ {2}file: {2}.*/, "  file: .github/workflows/x.yml");
      expect(parseRequest(filled, "p").diagnostics).toEqual([]);
    }
  });
});

describe("a link to GitHub's page for a new file", () => {
  const place = { host: "https://github.com", fullName: "acme/access", defaultBranch: "main" };
  test("carries path and text, and nothing of them can become another part of the address", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 200 }),
        fc.string({ unit: "grapheme", maxLength: 50 }),
        (text, name) => {
          const path = `requests/aws-prod/${name}`;
          const link = newFileLink(place, path, text);
          if (link === undefined) return;
          const url = new URL(link);
          expect(url.origin + url.pathname).toBe("https://github.com/acme/access/new/main");
          expect(url.searchParams.get("filename")).toBe(path);
          expect(url.searchParams.get("value")).toBe(text);
          expect(url.hash).toBe("");
          expect([...url.searchParams.keys()]).toEqual(["filename", "value"]);
        },
      ),
    );
  });
  test("a branch with slashes, an own host", () => {
    const link = newFileLink(
      { host: "https://ghe.acme.example", fullName: "a/b", defaultBranch: "release/1 x" },
      "r",
      "t",
    );
    expect(link).toBe("https://ghe.acme.example/a/b/new/release/1%20x?filename=r&value=t");
  });
  test("too long for a link is no link, not a cut one", () =>
    expect(newFileLink(place, "p", "x".repeat(9000))).toBeUndefined());
});
