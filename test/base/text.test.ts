import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  forJson,
  forLogLine,
  forMarkdown,
  forMarkdownFile,
  forRunnerData,
  forRunnerProperty,
  forTerminal,
} from "../../src/base/text.ts";

const acts = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe("C62 the terminal", () => {
  test.each([
    ["\u001b]0;owned\u0007x", "\ufffd]0;owned\ufffdx"],
    ["a\u009b2Jb", "a\ufffd2Jb"],
    ["a\r\nb", "a\ufffd\ufffdb"],
    ["a\tb", "a b"],
    ["a\b\bb", "a\ufffd\ufffdb"],
    ["\u202e\u2066\u200b\ufeff", "\ufffd\ufffd\ufffd\ufffd"],
    ["\ud800x", "\ufffdx"],
    ["\u{e0041}x", "\ufffdx"],
    ["caf\u00e9 \u{1f600}", "caf\u00e9 \u{1f600}"],
  ])("%j", (text, shown) => expect(forTerminal(text)).toBe(shown));

  test("is clipped, and columns of what stays do not move", () => {
    expect(forTerminal("abcdef", 4)).toBe("abc…");
    expect(forTerminal("\u{1f600}".repeat(4), 4)).toBe("\u{1f600}".repeat(4));
    expect(forTerminal("x".repeat(1_000_000))).toHaveLength(500);
  });

  test("property: no character that a terminal acts on, at most max characters, as many as there were", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (text, max) => {
        const shown = forTerminal(text, max);
        expect(shown).not.toMatch(acts);
        expect(Array.from(shown)).toHaveLength(Math.min(max, Array.from(text).length));
      }),
    );
  });

  test("property: JSON has the same value and no such character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        expect(forJson({ text })).not.toMatch(acts);
        expect(JSON.parse(forJson({ text }))).toEqual({ text });
      }),
    );
  });
});

/** What the runner makes of a line: the command, or none (actions/runner, ActionCommand.cs). */
function runnerSees(line: string): { command: string; properties: Record<string, string>; data: string } | undefined {
  const undo = (text: string, pairs: readonly [string, string][]) =>
    pairs.reduce((t, [from, to]) => t.replaceAll(from, to), text);
  const data: [string, string][] = [
    ["%0D", "\r"],
    ["%0A", "\n"],
    ["%25", "%"],
  ];
  const property: [string, string][] = [["%3A", ":"], ["%2C", ","], ...data];
  const start = line.trimStart();
  const end = start.indexOf("::", 2);
  if (start.startsWith("::") && end > 0) {
    const [command = "", ...rest] = start.slice(2, end).split(" ");
    const pairs = rest
      .join(" ")
      .split(",")
      .map((pair) => pair.split(/=(.*)/s));
    return {
      command,
      properties: Object.fromEntries(pairs.map(([k = "", v = ""]) => [k, undo(v, property)])),
      data: undo(start.slice(end + 2), data),
    };
  }
  const old = line.indexOf("##[");
  return old < 0 || !line.includes("]", old) ? undefined : { command: "old", properties: {}, data: "" };
}
const hostile = fc.string({
  unit: fc.constantFrom(
    "::",
    ":",
    ",",
    "%",
    "25",
    "0A",
    "\n",
    "\r",
    "#",
    "##[",
    "]",
    "=",
    " ",
    "a",
    "\u001b[",
    "\u202e",
  ),
  maxLength: 20,
});

describe("C62 text of people in the log of a job is never a command", () => {
  test("a runner command has the properties and data that were meant, and is one line", () => {
    fc.assert(
      fc.property(hostile, hostile, (file, message) => {
        const line = `::error file=${forRunnerProperty(file)},line=1::${forRunnerData(message)}`;
        expect(line).not.toMatch(/[\r\n]/);
        const seen = runnerSees(line);
        expect(seen?.command).toBe("error");
        expect(Object.keys(seen?.properties ?? {})).toEqual(["file", "line"]);
        expect(seen?.properties["line"]).toBe("1");
        expect(seen?.properties["file"]).toBe(file.replace(/[\u001b\u202e]/g, "?"));
        expect(seen?.data).not.toMatch(/[\r\n]/);
      }),
    );
  });
  test("what is an escape already stays what it is", () => {
    expect(runnerSees(`::error::${forRunnerData("100%25 %0A::error::x")}`)?.data).toBe("100%25 %0A::error::x");
  });
  test("no other line is a command", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(runnerSees(forLogLine(text.replace(/[\r\n]/g, "")))).toBe(undefined);
      }),
    );
    expect(runnerSees("12 | reason: ##[add-mask]x")?.command).toBe("old");
    expect(runnerSees(forLogLine("12 | reason: ###[add-mask]x"))).toBe(undefined);
  });
  test("JSON keeps its value, on one line, without control characters or commands", () => {
    fc.assert(
      fc.property(fc.jsonValue(), hostile, (value, text) => {
        const line = forJson({ value, [text]: [text, "\u009b31m", "\u2028"] });
        expect(JSON.parse(line)).toEqual({
          value: JSON.parse(JSON.stringify(value)),
          [text]: [text, "\u009b31m", "\u2028"],
        });
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\u2028]/);
        expect(runnerSees(line)).toBe(undefined);
      }),
    );
  });
});

test("C62 what GitHub makes a link of by itself is broken, in texts for a file as well", () => {
  for (const text of ["see https://evil.example", "www.evil.example", "FTP://evil.example", "http://x"]) {
    expect(forMarkdown(text)).toMatch(/(?:https?|ftp)\u200c:|www\u200c\./i);
    expect(forMarkdownFile(text)).toBe(forMarkdown(text));
  }
  // A mention in a file tells nobody: names stay as they can be copied.
  expect(forMarkdownFile("@acme/sre *now*")).toBe("@acme/sre \\*now\\*");
});
