import { describe, expect, test } from "vitest";
import { parseAsk, parseRequest, requestText } from "../../src/access-repo/index.ts";

const body = {
  target: "aws-prod",
  role: "operator",
  reason: "Delete the log bucket left behind by the migration",
  actions: ["s3:DeleteBucket"],
  resources: ["arn:aws:s3:::acme-stale-logs"],
};
const parse = (over: object = {}, indent?: string) => parseAsk(JSON.stringify({ ...body, ...over }, null, indent));
const codes = (text: string): readonly string[] => {
  const parsed = parseAsk(text);
  return parsed.ok ? [] : parsed.diagnostics.map((d) => d.code);
};

describe("the body of POST /requests", () => {
  test("is the fields of a request file and where it belongs, however it is indented", () => {
    for (const indent of [undefined, "\t", "  "]) {
      expect(parse({ access_repo: "acme/access", runs: 2, duration: "1h" }, indent)).toMatchObject({
        ok: true,
        value: {
          target: "aws-prod",
          accessRepo: "acme/access",
          request: { role: "operator", runs: 2, duration: 3600, allow: [{ actions: ["s3:DeleteBucket"] }] },
        },
      });
    }
  });

  test("becomes a file that the same parser reads as the same request", () => {
    const parsed = parse({
      ticket: "OPS-1",
      reason: 'It\'s "quoted", {braced}, [listed], &anchored, *aliased, !tagged: yes # really',
      start: "2026-11-24T09:00:00Z",
      workflow: { environment: "production", actor: "any" },
      dispatch: { inputs: { dry_run: true, size: 1.5, name: "x: y" } },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
    const again = parseRequest(requestText(parsed.value.request), "x.yml");
    expect(again).toMatchObject({ ok: true, value: parsed.value.request });
  });

  test.each<[string, string, string]>([
    ["no JSON", "{", "CS1004"],
    ["YAML that is no JSON", "target: aws-prod\nrole: operator\n", "CS1004"],
    ["a list", "[]", "CS1004"],
    ["null", "null", "CS1004"],
    ["a text", '"x"', "CS1004"],
    ["C14 nesting without end", '{"a":'.repeat(20_000) + "1" + "}".repeat(20_000), "CS1004"],
    ["C14 a prototype key", `{"__proto__":{},${JSON.stringify(body).slice(1)}`, "CS1014"],
    ["a number too large to be a text", JSON.stringify({ ...body, role: "x".repeat(70_000) }), "CS1002"],
  ])("%s is refused", (_, text, code) => {
    expect(codes(text)).toContain(code);
  });

  test.each<[string, object, string]>([
    ["no target", { target: undefined }, "CS1009"],
    ["a target that is a path", { target: "../aws-prod" }, "CS1011"],
    ["an access repo that is a URL", { access_repo: "https://github.com/acme/access" }, "CS1011"],
    ["an unknown key", { approvals: 0 }, "CS1007"],
    ["null", { reason: null }, "CS1015"],
    ["C62 a reason of two lines", { reason: "one line here\nApproved-by: root" }, "CS1003"],
    ["C13 a hidden character", { reason: "delete the \u202elog bucket" }, "CS1003"],
    ["a lone surrogate", { reason: "delete the \ud800 log bucket" }, "CS1003"],
    ["a number that is none", { runs: 1e300 }, "CS1011"],
    ["actions without resources", { resources: undefined }, "CS1013"],
  ])("%s is refused as in a file", (_, over, code) => {
    expect(codes(JSON.stringify({ ...body, ...over }))).toContain(code);
  });
});
