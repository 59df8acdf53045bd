import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRequest } from "../../src/access-repo/index.ts";
import type { RequestFile } from "../../src/access-repo/types.ts";
import { type Draft, draftRequest, nameFrom, pairProblem } from "../../src/commands/draft-request.ts";
import { requestText as example } from "../access-repo/examples.ts";
import { codesOf, valueOf } from "../access-repo/expect-codes.ts";
import { anyText } from "./run.ts";

const nasty = fc.constantFrom(
  "$(id)",
  "`id`",
  "a\nb: c",
  "'",
  '"',
  "\\",
  "null",
  "~",
  "yes",
  "012",
  "- a",
  "#x",
  "a: b",
  "{a",
  "]",
  "*x",
  "&x",
  "!!str x",
  "%x",
  "@x",
  "\u202ex",
  "\u001b[2J",
  "🙂",
  "--flag",
  "",
  " ",
  "x".repeat(70_000),
);
const typed = fc.oneof({ weight: 3, arbitrary: nasty }, fc.string({ unit: "grapheme" }));
const list = (item: fc.Arbitrary<string>) => fc.array(item, { minLength: 1, maxLength: 3 });
const pair = fc
  .tuple(fc.constantFrom("contents", "issues", "dry_run", "gs://acme-logs", "=x"), typed)
  .map((p) => p.join("="));
/** Whatever somebody types: often right, so that drafts pass now and then, and anything else. */
const flags: fc.Arbitrary<Draft> = fc.record(
  {
    role: fc.oneof(fc.constant("operator"), typed),
    reason: fc.oneof(fc.constant("Delete the old log bucket"), typed),
    ticket: fc.oneof(fc.constant("OPS-1"), typed),
    actions: list(fc.oneof(fc.constantFrom("s3:GetObject", "s3:*"), typed)),
    resources: list(fc.oneof(fc.constantFrom("arn:aws:s3:::acme-*", "*"), typed)),
    sets: list(fc.oneof(fc.constant("tf-state"), typed)),
    permissions: list(fc.oneof(fc.constantFrom("contents=read", "issues=write"), pair)),
    repositories: list(fc.oneof(fc.constant("acme/infra"), typed)),
    buckets: list(fc.oneof(fc.constant("gs://acme-logs=roles/storage.objectViewer"), pair)),
    duration: fc.oneof(fc.constantFrom("1h", "30m"), typed),
    start: fc.oneof(fc.constant("2026-11-24T09:00:00Z"), typed),
    runs: fc.oneof(fc.constantFrom("1", "3"), typed),
    workflow: fc.record(
      {
        repository: fc.oneof(fc.constant("acme/infra"), typed),
        file: fc.oneof(fc.constant(".github/workflows/a b.yml"), typed),
        ref: fc.oneof(fc.constant("refs/heads/main"), typed),
        environment: fc.oneof(fc.constant("production: eu #1"), typed),
        actor: fc.oneof(fc.constant("any"), typed),
      },
      { requiredKeys: [] },
    ),
    dispatch: fc.constant(true),
    inputs: list(pair),
    breakGlass: typed,
  },
  { requiredKeys: [] },
);
/** As above, and most of it right. */
const likely = fc.tuple(flags, fc.uniqueArray(fc.nat(15), { maxLength: 3 })).map(([draft, keep]): Draft => {
  const kept = Object.entries(draft).filter((_, i) => keep.includes(i));
  return { role: "operator", reason: "Delete the old log bucket", ...Object.fromEntries(kept) };
});

describe("a request from flags", () => {
  test("is a text that parses, or findings about the text that was typed", () => {
    let fine = 0;
    fc.assert(
      fc.property(fc.oneof(flags, { weight: 3, arbitrary: likely }), (draft) => {
        const { text, parsed } = draftRequest(draft);
        expect(parseRequest(text, "new").ok).toBe(parsed.ok);
        if (!parsed.ok) {
          expect(parsed.diagnostics.length).toBeGreaterThan(0);
          const lines = text.split("\n");
          for (const d of parsed.diagnostics) expect(lines[d.line - 1]).toBeDefined();
          return;
        }
        fine++;
        const { value } = parsed;
        // What was typed is what is asked, letter by letter; nothing of it became a key, a comment or another value.
        expect(value.role).toBe(draft.role);
        expect(value.reason).toBe(draft.reason);
        expect(value.ticket).toBe(draft.ticket);
        expect(value.allow?.[0]?.resources).toEqual(draft.resources);
        expect(value.repositories).toEqual(draft.repositories);
        expect(value.workflow?.environment).toBe(draft.workflow?.environment);
        expect(value.workflow?.file).toBe(draft.workflow?.file);
        expect(value.break_glass).toBe(draft.breakGlass);
        expect(value.dispatch !== undefined).toBe(draft.dispatch === true || draft.inputs !== undefined);
        const inputs = (draft.inputs ?? []).map((input) => [
          input.slice(0, input.indexOf("=")),
          input.slice(input.indexOf("=") + 1),
        ]);
        expect(value.dispatch?.inputs ?? {}).toEqual(Object.fromEntries(inputs));
      }),
      { numRuns: 400 },
    );
    expect(fine).toBeGreaterThan(20);
  });

  test("C62 holds nothing that a terminal acts on", () => {
    fc.assert(
      fc.property(likely, (draft) => {
        const { text, parsed } = draftRequest(draft);
        if (parsed.ok) expect(text).not.toMatch(/[^\n\P{C}]|[\u2028\u2029]/u);
      }),
      { numRuns: 200 },
    );
  });

  test("buckets by the names that people know", () => {
    const { parsed } = draftRequest({
      role: "deployer",
      reason: "Read the old log files",
      buckets: ["gs://acme-logs/=roles/storage.objectViewer,roles/storage.objectCreator", "acme-x=inRole:roles/a.b"],
    });
    expect(valueOf(parsed).boundary).toEqual([
      {
        resource: "//storage.googleapis.com/projects/_/buckets/acme-logs",
        permissions: ["inRole:roles/storage.objectViewer", "inRole:roles/storage.objectCreator"],
      },
      { resource: "//storage.googleapis.com/projects/_/buckets/acme-x", permissions: ["inRole:roles/a.b"] },
    ]);
  });
  test("one name twice is a finding, not the last one's word", () => {
    const draft = { role: "reader", reason: "Read the repository", permissions: ["contents=read", "contents=write"] };
    expect(codesOf(draftRequest(draft).parsed.diagnostics)).toEqual(["CS1008"]);
  });
  test("a megabyte of anything is a finding, at once", () => {
    for (const big of ["x".repeat(1e6), "a: b\n".repeat(2e5), "[".repeat(1e6), "🙂".repeat(2.5e5)]) {
      expect(draftRequest({ role: "operator", reason: big }).parsed.ok).toBe(false);
      expect(draftRequest({ role: "operator", reason: "Delete the old log bucket", actions: [big] }).parsed.ok).toBe(
        false,
      );
    }
  });
});

describe("a request from an older one", () => {
  const older = valueOf(parseRequest(example, "p"));
  const from = (draft: Draft, file: RequestFile = older, kind: "aws" | "github" | "gcp" | "azure" = "aws") =>
    valueOf(draftRequest({ role: file.role, ...draft }, { file, kind }).parsed);

  test("is the older one, but for its start", () => {
    const { start: _, ...rest } = older;
    expect(from({})).toEqual(rest);
  });
  test("is not urgent because the older one was", () =>
    expect(from({}, { ...older, break_glass: "INC-2041 checkout is down" })).not.toHaveProperty("break_glass"));
  test("says what was typed, and the rest of it as before", () => {
    const value = from({ ticket: "OPS-1500", duration: "30m", workflow: { ref: "refs/heads/next" }, runs: "2" });
    expect(value).toMatchObject({ ticket: "OPS-1500", duration: 1800, runs: 2, reason: older.reason });
    expect(value.workflow).toEqual({ ...older.workflow, ref: "refs/heads/next" });
  });
  test("narrowed anew asks for nothing of the older one's", () => {
    const value = from(
      { actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-x"] },
      { ...older, sets: ["tf-state"] },
    );
    expect(value.allow).toEqual([{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::acme-x"] }]);
    expect(value.sets).toEqual([]);
    expect(from({ sets: ["tf-state"] })).toMatchObject({ sets: ["tf-state"] });
    expect(from({ sets: ["tf-state"] })).not.toHaveProperty("allow");
  });
  test("starts the workflow with the inputs that were typed, and no older ones", () =>
    expect(from({ inputs: ["dry_run=true"] }).dispatch).toEqual({ inputs: { dry_run: "true" } }));
  test("of another kind leaves behind what narrowed the older one", () => {
    const github = { ...older, permissions: { contents: "read" as const }, repositories: ["acme/infra"] };
    expect(from({}, github, "azure")).not.toHaveProperty("permissions");
    expect(from({}, github, "azure")).not.toHaveProperty("allow");
    expect(from({}, { ...older, sets: ["a"] }, "gcp").sets).toEqual([]);
    expect(from({}, github, "github")).toMatchObject({
      permissions: { contents: "read" },
      repositories: ["acme/infra"],
    });
  });
  test("with a slip in what was typed is findings about that", () =>
    expect(
      codesOf(draftRequest({ role: "operator", runs: "many" }, { file: older, kind: "aws" }).parsed.diagnostics),
    ).toEqual(["CS1011"]));
});

describe("flags of pairs", () => {
  test.each([
    [{ inputs: ["dry_run"] }, '--input: write name=value, not "dry_run".'],
    [{ inputs: ["=x"] }, '--input: write name=value, not "=x".'],
    [{ permissions: ["contents"] }, '--permission: write contents=read, not "contents".'],
    [{ buckets: ["\u001b[2J"] }, '--bucket: write gs://acme-logs=roles/storage.objectViewer, not "\ufffd[2J".'],
  ])("%j is told", (draft, problem) => expect(pairProblem(draft)).toBe(problem));
  test("an input may be empty, and hold the sign itself", () =>
    expect(pairProblem({ inputs: ["a=", "b=c=d"] })).toBeUndefined());
});

describe("a name from a reason", () => {
  test.each([
    ["Delete the log bucket left behind", "delete-the-log-bucket-left-behind"],
    ["Löschen der Größe: 12 %", "loschen-der-gro-e-12"],
    ["Ärger é ñ", "arger-e-n"],
    ["один два", "request"],
    ["../../etc/passwd", "etc-passwd"],
    ["$(rm -rf ~)", "rm-rf"],
    ["--name", "name"],
    ["🙂", "request"],
    ["", "request"],
    ["A".repeat(100), "a".repeat(40)],
    ["one two three four five six seven eight nine ten", "one-two-three-four-five-six-seven-eight"],
  ])("%s", (reason, name) => expect(nameFrom(reason)).toBe(name));
  test("is always a name", () => {
    fc.assert(
      fc.property(anyText, (reason) => {
        expect(nameFrom(reason)).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
      }),
    );
    expect(nameFrom("a ".repeat(5e5)).length).toBeLessThan(41);
  });
});
