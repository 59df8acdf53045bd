import * as fc from "fast-check";
import { load } from "js-yaml";
import { describe, expect, test } from "vitest";
import { type Diagnostic, parseRequest, parseSettings, parseTarget } from "../../src/access-repo/index.ts";
import { yamlText } from "../../src/access-repo/yaml-text.ts";
import { otherTarget, settingsText, targetText } from "./examples.ts";

const base = "version: 1\nrole: operator\nreason: Delete the old log bucket\n";

/** The text with every fix in place. */
function mended(text: string, diagnostics: readonly Diagnostic[]): string {
  const lines = text.split("\n");
  for (const d of [...diagnostics].reverse()) {
    if (d.fix === undefined) continue;
    const line = lines[d.line - 1] ?? "";
    lines[d.line - 1] = line.slice(0, d.column - 1) + d.fix + line.slice(d.column - 1 + d.length);
  }
  return lines.join("\n");
}

/** What is written, what it was meant to be. */
const spellings: readonly [string, string][] = [
  ["duratoin: 1h", "duration: 1h"],
  ['"duratoin": 1h', "duration: 1h"],
  ["duration: 1 hour", "duration: 1h"],
  ["duration: 90min", "duration: 90m"],
  ["duration: '2 days'", "duration: 2d"],
  ["duration: 1h30m", "duration: 90m"],
  ["start: 2026-11-24T10:00:00+01:00", "start: 2026-11-24T09:00:00Z"],
  ["start: 2026-11-24 09:00Z", "start: 2026-11-24T09:00:00Z"],
  ["workflow: { repository: https://github.com/acme/infra.git }", "workflow: { repository: acme/infra }"],
  ["workflow: { repository: 'git@github.com:acme/infra' }", "workflow: { repository: acme/infra }"],
  ["workflow: { file: deploy.yml }", "workflow: { file: .github/workflows/deploy.yml }"],
  ["workflow: { ref: main }", "workflow: { ref: refs/heads/main }"],
  ["workflow: { actor: requestor }", "workflow: { actor: requester }"],
  [
    "workflow: { sha: 3F1C3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c }",
    "workflow: { sha: 3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c3f1c }",
  ],
  ["permissions: { pull-requests: read }", "permissions: { pull_requests: read }"],
  ["permissions: { contents: reed }", "permissions: { contents: read }"],
  [
    "actions: [s3:GetObject]\nresources: [s3://acme-logs]",
    "actions: [s3:GetObject]\nresources: [arn:aws:s3:::acme-logs]",
  ],
];

describe("a fix is the same meaning in the spelling that is read", () => {
  test.each(spellings)("%s", (written, meant) => {
    const text = `${base}${written}\n`;
    const { diagnostics } = parseRequest(text, "p");
    expect(mended(text, diagnostics)).toBe(`${base}${meant}\n`);
    expect(parseRequest(`${base}${meant}\n`, "p").diagnostics).toEqual([]);
  });

  test("in settings and targets: an owner without its @, in quotes since YAML reserves it; yes and no", () => {
    const settings = settingsText.replace('"@acme/incident-commanders"', "acme/incident-commanders");
    const { diagnostics } = parseSettings(settings, "p");
    expect(mended(settings, diagnostics)).toBe(settingsText);
    const target = targetText
      .replace("allow_persistence: false", "allow_persistence: No")
      .replace("version: 1", "version: v1");
    expect(mended(target, parseTarget(target, "targets/a.yml").diagnostics)).toBe(targetText);
    const gcp = otherTarget(
      "gcp",
      "    boundary: [{ resource: gs://acme-logs, permissions: [roles/storage.objectViewer] }]\n",
    );
    const parsed = parseTarget(gcp, "targets/a.yml");
    expect(parseTarget(mended(gcp, parsed.diagnostics), "targets/a.yml").diagnostics).toEqual([]);
  });

  test.each([
    "duration: 1",
    "duration: 1 month",
    "duration: 0h",
    "start: 2026-11-24T09:00:00",
    "start: 2026-02-30T09:00:00+00:00",
    "start: tomorrow",
    "workflow: { ref: v1 }",
    "workflow: { ref: release }",
    "workflow: { repository: infra }",
    "workflow: { sha: 3f1c3f1 }",
    "workflow: { actor: rquanty }",
    "permissions: { administration: write }",
    "permissions: { contents: admin }",
    `reason: ${"x".repeat(501)}`,
  ])("where more than one thing could be meant, none is offered: %s", (written) => {
    const { ok, diagnostics } = parseRequest(
      written.startsWith("reason") ? base.replace(/reason.*/, written) : `${base}${written}\n`,
      "p",
    );
    expect(ok).toBe(false);
    expect(diagnostics.map((d) => d.fix)).toEqual(diagnostics.map(() => undefined));
  });

  test.each([
    ["a value over two lines", `${base}duration: "1\n  hour"\n`],
    ["a plain value over two lines", `${base}duration: 1\n  hour\n`],
    ["a text block", `${base}duration: >\n  1 hour\n`],
    ["a stripped text block", `${base}workflow:\n  ref: |-\n    main\n`],
    ["a key whose right spelling stands there too", `${base}duration: 1h\nduratoin: 2h\n`],
  ])("nothing is put in the place of %s: the rest would stay, or stand there twice", (_, text) => {
    const { ok, diagnostics } = parseRequest(text, "p");
    expect(ok).toBe(false);
    expect(diagnostics.map((d) => d.fix)).toEqual([undefined]);
  });

  test("whatever stands in a fix, YAML reads exactly it, in block and in flow style", () => {
    const hard = fc.oneof(
      fc.string(),
      fc.constantFrom("null", "~", "@acme/sre", "a: b", "a #b", "- a", "{a}", "a,b", "*", "''", "a:", "no"),
    );
    fc.assert(
      fc.property(hard, (text) => {
        const read = (yaml: string) => load(yaml) as { readonly a: unknown };
        // Numbers and booleans are text to our own reader; here the quotes are what matters.
        const same = (value: unknown) =>
          typeof value === "string" ? expect(value).toBe(text) : expect(String(value).length).toBeGreaterThan(0);
        same(read(`a: ${yamlText(text)}`).a);
        same((read(`a: [${yamlText(text)}, b]`).a as readonly unknown[])[0]);
      }),
      { numRuns: 1000 },
    );
  });
});
