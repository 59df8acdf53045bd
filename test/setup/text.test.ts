import { spawnSync } from "node:child_process";
import { assert, constantFrom, oneof, property, sample, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { block, call, comment, quoted, reference, value } from "../../src/setup/hcl.ts";
import { command, commentedOut, guard, inline, word } from "../../src/setup/shell.ts";
import { issuerProblem } from "../../src/setup/issuer-url.ts";
import { bashProblems } from "./bash.ts";
import { readHcl, stringsOf } from "./hcl-reader.ts";

const hostile = [
  "'; rm -rf / #",
  "$(touch /tmp/x)",
  "`id`",
  "${HOME}",
  '${file("/etc/passwd")}',
  "$${x}",
  "$$${x}",
  "%{ if true }x%{ endif }",
  '"\n}\nresource "x" "y" {',
  "\\",
  "\\'",
  "a\nb\r\n",
  "\u001b[2J\u202e\u0007",
  "é😀",
  "-rf",
  "--profile=x",
  "~root",
  "!!",
  "",
  " ",
];
const anyText = oneof(constantFrom(...hostile), string({ unit: "binary" }), string({ unit: "grapheme" }));

describe("a value in Terraform", () => {
  it.each(hostile)("C62 stays one string: %j", (text) => {
    expect(stringsOf(quoted(text))).toEqual([text]);
    expect(quoted(text)).toMatch(/^[ -~]*$/);
  });

  it("C62 stays one string, whatever it is, at every place where a value may stand", () => {
    assert(
      property(anyText, anyText, (a, b) => {
        const source = block(
          "resource",
          ["aws_iam_role", a],
          [
            ["name", b],
            ["list", [a, b]],
            ["policy", call("jsonencode", { [a]: { [b]: [a] } })],
            { block: "oidc", body: [["issuer_uri", b]] },
          ],
        );
        const [well, formed] = [a.toWellFormed(), b.toWellFormed()];
        expect(stringsOf(source)).toEqual(["aws_iam_role", well, formed, well, formed, well, formed, well, formed]);
        const words = readHcl(source).filter(({ kind }) => kind === "word");
        expect(words.map(({ text }) => text)).toEqual([
          "resource",
          "name",
          "list",
          "policy",
          "jsonencode",
          "oidc",
          "issuer_uri",
        ]);
      }),
    );
  });

  it("C62 is no expression because it looks like one: only our own addresses are", () => {
    expect(value({ address: "data.x" })).toBe('{\n  "address" = "data.x"\n}');
    expect(value(reference("aws_iam_role", "x-1", "arn"))).toBe("aws_iam_role.x-1.arn");
    expect(() => reference("a", 'b"')).toThrow(TypeError);
    expect(() => reference("a.b")).toThrow(TypeError);
    expect(() => reference()).toThrow(TypeError);
  });
});

describe("a value in a shell", () => {
  it("C62 is one word with exactly that text", () => {
    const texts = [...hostile, ...sample(anyText, 200)].map((text) => text.toWellFormed());
    const script = `printf '%s\\0' ${texts.map(word).join(" ")}`;
    const { stdout } = spawnSync("bash", ["-c", script], { encoding: "buffer" });
    expect(stdout.toString("utf8").split("\0").slice(0, -1)).toEqual(
      texts.map((text) => text.replaceAll("\0", "\ufffd")),
    );
  });

  it.each(hostile)("C62 stays inside its command, a guard, and what is commented out: %j", (text) => {
    const script = [
      command("echo", text, "--option", text),
      `x="$(${inline("echo", text)})"`,
      commentedOut(command("echo", text, "--option", text)),
      comment(text),
      "echo end",
    ].join("\n");
    expect(bashProblems(`${guard(["echo", text], text, text)}\n${script}`)).toBe("");
    const { stdout } = spawnSync("bash", ["-c", `echo() { printf '%s|' "$@"; printf '\\n'; }; ${script}`], {
      encoding: "utf8",
    });
    // The first command and the last; what is between prints nothing.
    expect(stdout).toBe(`${text}|--option|${text}|\nend|\n`);
  });
});

describe("a comment", () => {
  it.each(hostile)("C62 is one line: %j", (text) => {
    expect(comment(text)).toMatch(/^#[^\n\r\u0000-\u001f\u007f-\u009f\u202e]*$/u);
    expect(readHcl(comment(text))).toEqual([]);
  });
});

describe("an issuer", () => {
  it.each([
    "https://countersign.acme.example",
    "https://acme.example/a/b",
    "http://127.0.0.1:3000",
    "http://localhost/i",
  ])("may be %s", (url) => expect(issuerProblem(url)).toBeUndefined());
  it.each([
    "http://countersign.acme.example",
    "https://countersign.acme.example/",
    "https://countersign.acme.example:8443",
    "https://user@acme.example",
    "https://acme.example?x",
    "https://acme.example#x",
    "https://Acme.example",
    "https://acme",
    "https://acme.example/a b",
    "https://acme.example/'$(id)",
    "https://acme.example/é",
    "https://acme.example/a/../b",
    "https://acme.example/./a",
    "https://acme.example//a",
    "javascript:alert(1)",
    "",
    `https://acme.example/${"a".repeat(300)}`,
  ])("may not be %s", (url) => expect(issuerProblem(url)).toBeDefined());
});
