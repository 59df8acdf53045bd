import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newRepo, type Repo } from "./new-repo.ts";
import { acts } from "./run.ts";
import { runProcess } from "./run-process.ts";

let repo: Repo;
beforeEach(async () => {
  repo = await newRepo();
});
afterEach(() => repo.remove());

const why = ["--reason", "Read the repository once"];
const hello = ["new", "hello/reader", "--workflow-file", ".github/workflows/run.yml", "--print"];
const aws = [
  "new",
  "aws-example/operator",
  "--ticket",
  "OPS-1",
  "--workflow-file",
  ".github/workflows/run.yml",
  "--print",
];

describe("as it is typed", () => {
  test("every flag of new goes where it belongs", () => {
    const lines: readonly (readonly [readonly string[], string])[] = [
      [
        [...hello, ...why, "--permission", "contents=read", "--repositories", "acme/infra"],
        'permissions:\n  contents: read\nrepositories: ["acme/infra"]\n',
      ],
      [[...hello, "--reason=-x is the flag that we need"], 'reason: "-x is the flag that we need"\n'],
      [[...hello, "--reason", "--force was used by mistake"], 'reason: "--force was used by mistake"\n'],
      [[...hello, ...why, "--duration", "30m", "--runs", "2", "--actor", "any"], "duration: 30m\nruns: 2\n"],
      [
        [...hello, ...why, "--ref", "refs/heads/next", "--environment", "my env"],
        "  ref: refs/heads/next\n  environment: my env\n",
      ],
      [[...hello, ...why, "--sha", "a".repeat(40)], `  sha: ${"a".repeat(40)}\n`],
      [
        [
          ...aws,
          ...why,
          "--actions",
          "s3:ListBucket, s3:DeleteBucket",
          "--resources",
          "arn:aws:s3:::example-a",
          "--resources",
          "arn:aws:s3:::example-b",
        ],
        'actions: ["s3:ListBucket", "s3:DeleteBucket"]\nresources: ["arn:aws:s3:::example-a", "arn:aws:s3:::example-b"]\n',
      ],
      [[...aws, ...why, "--set", "read-logs"], "sets: [read-logs]\n"],
      [
        [...aws, ...why, "--set", "read-logs", "--input", "a=b, c", "--input", "d="],
        'dispatch:\n  inputs:\n    a: b, c\n    d: ""\n',
      ],
      [[...aws, ...why, "--set", "read-logs", "--dispatch"], "dispatch:\n  inputs: {}\n"],
    ];
    const results = runProcess(
      repo.dir,
      lines.map(([line]) => line),
    );
    for (const [i, { code, out, err }] of results.entries()) {
      expect([lines[i]?.[0].join(" "), code, err]).toEqual([lines[i]?.[0].join(" "), 0, ""]);
      expect(out).toContain(lines[i]?.[1]);
    }
  });

  test("0, 1 and 2 are what help says; --json is one value, or nothing where the call is wrong", () => {
    repo.write({ "requests/hello/bad.yml": "version: 1\nrole: reader\nreason: x\n" });
    const lines: readonly (readonly [number, readonly string[]])[] = [
      [0, ["plan", "--help"]],
      [0, ["new", "--help"]],
      [0, ["targets", "--help"]],
      [0, ["init", "--help"]],
      [2, ["plan"]],
      [2, ["plan", "a", "b"]],
      [2, ["init"]],
      [2, ["new", "--nonsense"]],
      [2, ["targets", "--write", "--json", "hello"]],
      [2, ["targets", "--json", "--repo", "/nowhere"]],
      [2, ["plan", "nope.yml", "--json"]],
      [2, ["new", "--json"]],
      [2, ["init", ".", "--owners", "alice", "--json"]],
      [1, ["plan", "requests/hello/bad.yml", "--json"]],
      [1, ["new", "hello", "--json"]],
      [1, ["init", ".", "--repository", "acme/other", "--owners", "@acme/platform", "--json"]],
      [0, ["targets", "--json"]],
      [0, ["new", "hello", ...why, "--workflow-file", ".github/workflows/run.yml", "--json"]],
      [0, ["init", "new", "--owners", "@acme/a,@acme/b @acme/c", "--owners", "@acme/d", "--json"]],
    ];
    const results = runProcess(
      repo.dir,
      lines.map(([, line]) => line),
    );
    for (const [i, [code, line]] of lines.entries()) {
      const run = results[i] ?? expect.fail("not run");
      expect([line.join(" "), run.code]).toEqual([line.join(" "), code]);
      expect(run.out + run.err).not.toMatch(acts);
      if (!line.includes("--json")) continue;
      if (code === 2) expect(run).toMatchObject({ out: "", err: expect.stringMatching(/\S/) });
      else expect(JSON.parse(run.out)).toMatchObject({ ok: code === 0 });
      expect(run.out.split("\n")).toHaveLength(code === 2 ? 1 : 2);
    }
    expect(repo.read("new/.github/CODEOWNERS")).toMatch(/^\* +@acme\/a @acme\/b @acme\/c @acme\/d$/m);
  });
});
