import { describe, expect, test } from "vitest";
import { allCodes } from "../../src/access-repo/code-groups.ts";
import { explain, explainCommand } from "../../src/commands/explain.ts";
import { fakeIo } from "./fake-io.ts";

function run(code: string | undefined, options: Parameters<typeof explain>[1] = {}) {
  const { io, printed } = fakeIo("/");
  return { exit: explain(code, options, io), ...printed };
}

describe("one code", () => {
  test("title, cause, cure, an example with the finger on what is wrong, and what mends it", () => {
    expect(run("CS1007")).toEqual({
      exit: 0,
      err: "",
      out: `CS1007: Unknown key

No such key exists at this place. If it were passed over, what the writer wanted
would be missing without a word.

Correct the spelling, or remove the key.

Example: requests/aws-prod/2026-11/delete-stale-logs.yml

    version: 1
    role: operator
    reason: Delete the log bucket left behind by the storage migration
    durration: 2h
    ^^^^^^^^^

Mended: requests/aws-prod/2026-11/delete-stale-logs.yml

    - durration: 2h
    + duration: 2h
`,
    });
  });
  test.each(["cs1007", " CS1007\n", "Cs1007"])("%j is it too", (given) => expect(run(given)).toEqual(run("CS1007")));
  test("a warning is called one", () => expect(run("CS3006").out).toMatch(/^CS3006: .* \(a warning\)\n/));
  test("what a file is not, and what GitHub says, are sentences", () => {
    expect(run("CS3001").out).toContain("Example: .github/CODEOWNERS does not exist\n");
    expect(run("CS5002").out).toContain("Example: The app is not installed on acme/legacy.\n");
    expect(run("CS2010").out).toMatch(/\nMended: requests\/aws-prd\/.*\.yml renamed to requests\/aws-prod\/.*\.yml\n$/);
  });
  test.each([...allCodes])("%s: plain lines for a terminal", (code) => {
    const { exit, out } = run(code);
    expect(exit).toBe(0);
    expect(out).toMatch(new RegExp(`^${code}: [A-Z]`));
    expect(out).not.toMatch(/[^\P{C}\n]|\n\n\n|[ \t]\n/u);
  });
  test("JSON", () => {
    const { out, exit } = run("cs1007", { json: true });
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual({
      code: "CS1007",
      title: "Unknown key",
      group: "One file",
      severity: "error",
      cause: expect.stringContaining("No such key") as string,
      cure: "Correct the spelling, or remove the key.",
      example: [
        {
          path: "requests/aws-prod/2026-11/delete-stale-logs.yml",
          text: expect.stringContaining("durration: 2h") as string,
        },
      ],
      mended: [{ path: "requests/aws-prod/2026-11/delete-stale-logs.yml", text: "- durration: 2h\n+ duration: 2h\n" }],
    });
  });
});

describe("no code: all of them", () => {
  test("by group, with titles", () => {
    const { exit, out } = run(undefined);
    expect(exit).toBe(0);
    expect(out).toMatch(/^CS1 One file\n {2}CS1001 {2}File is not readable text\n/);
    for (const code of allCodes) expect(out).toContain(`\n  ${code}  `);
  });
  test("JSON", () => {
    const all = JSON.parse(run(undefined, { json: true }).out) as { code: string }[];
    expect(all.map(({ code }) => code)).toEqual(allCodes);
    expect(all[0]).toEqual({
      code: "CS1001",
      title: "File is not readable text",
      group: "One file",
      severity: "error",
    });
  });
});

describe("no such code is misuse, with the nearest", () => {
  test.each([
    ["CS1077", /Did you mean CS1007, "Unknown key"\?/],
    ["S1007", /Did you mean CS1007/],
    ["CS-1007", /Did you mean CS1007/],
    ["policy_changed", /lists all codes/],
    ["", /lists all codes/],
    ["toString", /lists all codes/],
    ["__proto__", /lists all codes/],
    ["CS1007 CS1008", /no code/],
  ])("%j", (given, message) => {
    for (const json of [false, true]) {
      const { exit, out, err } = run(given, { json });
      expect({ exit, out }).toEqual({ exit: 2, out: "" });
      expect(err).toMatch(message);
    }
  });
  test("C62 what was given cannot act on a terminal, however long", () => {
    const { exit, err } = run(`\u001b[2J\u009b\u202e${"x".repeat(100_000)}`);
    expect(exit).toBe(2);
    expect(err).not.toMatch(/[^\P{C}\n]/u);
    expect(err.length).toBeLessThan(300);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
  test("two codes on the command line", async () => {
    const command = explainCommand().configureOutput({ writeErr: () => {} });
    await expect(command.parseAsync(["CS1007", "CS1008"], { from: "user" })).rejects.toMatchObject({
      code: "commander.excessArguments",
    });
  });
});
