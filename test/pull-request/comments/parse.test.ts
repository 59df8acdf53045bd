import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRevoke, readCommand } from "../../../src/pull-request/comments/parse.ts";

describe("readCommand", () => {
  it.each([
    ["/countersign revoke leaked", { name: "revoke", rest: "leaked" }],
    ["/countersign revoke leaked\r\nmore that nobody reads", { name: "revoke", rest: "leaked" }],
    ["/countersign revoke leaked\rmore", { name: "revoke", rest: "leaked" }],
    ["   /countersign   revoke   leaked   ", { name: "revoke", rest: "leaked" }],
    ["/countersign\trevoke\tleaked", { name: "revoke", rest: "leaked" }],
    ["/countersign", { name: "", rest: "" }],
    ["/countersign\n", { name: "", rest: "" }],
    ["/countersign HELP", { name: "HELP", rest: "" }],
  ])("reads %j", (body, command) => {
    expect(readCommand(body)).toEqual(command);
  });

  it.each([
    ["a quote", "> /countersign revoke leaked"],
    ["an answer below a quote", "> please revoke\n\n/countersign revoke leaked"],
    ["a fenced block", "```\n/countersign revoke leaked\n```"],
    ["an indented block", "    /countersign revoke leaked"],
    ["a block indented by a tab", "\t/countersign revoke leaked"],
    ["a block indented by spaces and a tab", "  \t/countersign revoke leaked"],
    ["a code span", "`/countersign revoke leaked`"],
    ["a list", "- /countersign revoke leaked"],
    ["an HTML comment", "<!--\n/countersign revoke leaked\n-->"],
    ["a later line", "\n/countersign revoke leaked"],
    ["another word", "/countersigned revoke leaked"],
    ["another case", "/Countersign revoke leaked"],
    ["the middle of a line", "do /countersign revoke leaked"],
    ["a prefix that looks like ours", "/counter\u200bsign revoke leaked"],
    ["nothing", ""],
  ])("C62 takes a command in %s for text", (_, body) => {
    expect(readCommand(body)).toBeNull();
  });

  it("C62 hands on neither control nor hidden characters, and no second line, whatever was written", () => {
    assert(
      property(string({ unit: "binary" }), (text) => {
        const command = readCommand(`/countersign ${text}`);
        const read = `${command?.name}${command?.rest}`;
        expect(read).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u);
        expect([...read].length).toBeLessThanOrEqual(32 + 701);
      }),
    );
  });
});

describe("parseRevoke", () => {
  const path = "requests/aws-prod/2026-11/x.yml";
  it.each([
    ["key was leaked", { path: null, reason: "key was leaked" }],
    [`${path} key was leaked`, { path, reason: "key was leaked" }],
    [`\`${path}\` key was leaked`, { path, reason: "key was leaked" }],
    [path, { path, reason: "" }],
    ["requests/Nonsense because", { path: "requests/Nonsense", reason: "because" }],
    ["see requests/aws-prod/x.yml", { path: null, reason: "see requests/aws-prod/x.yml" }],
    ["", { path: null, reason: "" }],
  ])("takes %j apart", (rest, parsed) => {
    expect(parseRevoke(rest)).toEqual(parsed);
  });

  it("cuts a reason at 500 characters, whole characters", () => {
    const { reason } = parseRevoke("\u{1F525}".repeat(600));
    expect([...reason]).toHaveLength(500);
    expect(reason.endsWith("…")).toBe(true);
  });
});
