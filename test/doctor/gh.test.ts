import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ghCommand } from "../../src/doctor/index.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), "doctor-gh-"));
  // Says what it was called with, one argument a line, then its input.
  writeFileSync(path.join(dir, "gh"), '#!/bin/sh\nprintf "%s\\n" "$@"\necho --\ncat\n', { mode: 0o755 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What a shell makes of the command. */
const run = (command: string): string => {
  const { stdout, status } = spawnSync("bash", ["-c", command], {
    encoding: "utf8",
    input: "",
    env: { PATH: `${dir}:${process.env["PATH"]}` },
  });
  expect(status).toBe(0);
  return stdout;
};

test("a call as gh takes it, by hand and pasted", () => {
  const command = ghCommand(
    { method: "PATCH", path: "repos/acme/access", body: { allow_squash_merge: true } },
    "github.com",
  );
  expect(command).toBe(
    "gh api --method PATCH repos/acme/access --input - <<'JSON'\n{\"allow_squash_merge\":true}\nJSON",
  );
  expect(run(command)).toBe('api\n--method\nPATCH\nrepos/acme/access\n--input\n-\n--\n{"allow_squash_merge":true}\n');
  expect(run(ghCommand({ method: "DELETE", path: "repos/a/b/c" }, "ghe.acme.example"))).toBe(
    "api\n--method\nDELETE\n--hostname\nghe.acme.example\nrepos/a/b/c\n--\n",
  );
});

test("C62: no name in it becomes a command, a second line or a terminal's", () => {
  const name = "x'\"`$(touch /tmp/pwned)\nJSON\ntouch /tmp/pwned\n\u001b]0;owned\u0007\u202e";
  const command = ghCommand(
    { method: "PUT", path: "repos/acme/access/branches/a';id;'/protection", body: { name, rules: [{ [name]: name }] } },
    "github.com",
  );
  expect(command.split("\n")).toHaveLength(3);
  expect(command.split("\n")[2]).toBe("JSON");
  expect(command).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  const [args = "", input = ""] = run(command).split("\n--\n");
  expect(args.split("\n")[3]).toBe("repos/acme/access/branches/a';id;'/protection");
  expect(JSON.parse(input)).toEqual({ name, rules: [{ [name]: name }] });
});
