import { describe, expect, test } from "vitest";
import { parseRequest } from "../../src/access-repo/index.ts";
import { yamlTrouble } from "../../src/access-repo/yaml-trouble.ts";

const found = (text: string) => {
  const [first] = parseRequest(`version: 1\n${text}`, "p").diagnostics;
  return [`${first?.line}:${first?.column} ${first?.code}`, first?.message, first?.hint];
};

describe("what is wrong with the syntax is said in words that people know", () => {
  test.each([
    ["reason: Clean up: delete logs\n", "2:17", /holds another colon/, /in quotes/],
    ["workflow:\n  file: a\n   ref: b\n", "4:7", /indentation fits no line/, /alike/],
    ["reason: x\n\tticket: y\n", "3:1", /a tab/, /spaces/],
    ["reason: 'it's'\n", "2:13", /follows a closing quote/, /double/],
    ["reason: @alice asks\n", "2:9", /cannot begin with @/, /quotes/],
    ["resources: [*]\n", "2:14", /cannot begin with \*/, /"\*"/],
    ["actions: &\n", "2:11", /cannot begin with &/, /quotes/],
    ["actions: [a\nresources: [b]\n", "3:1", /not closed/, /Close it/],
    ['reason: "a\n', "3:1", /not closed/, /Close it/],
    ["reason for it\nticket: a\n", "3:7", /line above has no colon/, /key: value/],
    ["actions: [a b: c d: e]\n", "2:19", /a comma is missing/, /commas/],
    ["actions: [a, , b]\n", "2:14", /an entry is missing/, /comma/],
    ['reason: "a\\d"\n', "2:12", /backslash/, /twice/],
    [`a: ${"[".repeat(30)}\n`, "2:15", /nested too deeply/, /less/],
  ])("%j", (text, place, message, hint) => {
    expect(found(text)).toEqual([
      `${place} CS1004`,
      expect.stringMatching(message) as string,
      expect.stringMatching(hint) as string,
    ]);
  });

  test("a reason that we have no words for is passed on, with the code's usual hint", () => {
    expect(yamlTrouble("something new", "a", 0)).toEqual({ message: "Not YAML: something new." });
  });

  test("C15 one line of 60 000 characters costs what a short one does", () => {
    const text = `reason: ${"a ".repeat(30_000)}: b`;
    expect(yamlTrouble("bad indentation of a mapping entry", text, text.length - 3).message).toMatch(/Not YAML/);
  });
});

describe("several documents: the finger is on where the second starts", () => {
  test.each([
    ["---\nreason: a\n", "2:1"],
    ["...\n---\nreason: a\n", "3:1"],
    ["...\nreason: a\n", "2:1"],
    ["x: |\n  ---\n--- b\n", "4:1"],
  ])("%j", (text, place) => expect(found(text)[0]).toBe(`${place} CS1005`));
  test("where the first is marked as well", () => {
    expect(parseRequest("---\na: b\n---\nc: d\n", "p").diagnostics).toMatchObject([{ code: "CS1005", line: 3 }]);
  });
});

describe("a value that is not there is shown at its key", () => {
  test.each([
    ["ticket:\n", "2:1 CS1015", '"ticket" has no value.'],
    ["workflow:\n  ref:\n", "3:3 CS1015", '"ref" has no value.'],
    ["ticket: null\n", "2:9 CS1015", '"ticket" has no value.'],
    ["actions: [a, ~]\n", "2:14 CS1015", "There is no value here."],
  ])("%j", (text, place, message) => {
    const all = parseRequest(`version: 1\n${text}`, "p").diagnostics.filter((d) => d.code === "CS1015");
    expect(all.map((d) => [`${d.line}:${d.column} ${d.code}`, d.message])).toEqual([[place, message]]);
  });
});
