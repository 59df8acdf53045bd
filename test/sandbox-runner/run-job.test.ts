import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseCommandFile } from "../sandbox/runner/command-files.ts";
import { interpolate } from "../sandbox/runner/expressions.ts";
import { runJob, type RunJobOptions } from "../sandbox/runner/index.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "countersign-runner-"));
});
afterEach(() => rm(dir, { recursive: true }));

const job = (steps: string, options: Partial<RunJobOptions> = {}, rest = "") =>
  runJob({
    workflowText: `permissions: { id-token: write }\njobs:\n  one:\n${rest}    steps:\n${steps.replace(/^/gm, "      ")}`,
    github: { repository: "acme/infra", ref: "refs/heads/main" },
    oidc: { url: "http://127.0.0.1:1/?a=b", token: "bearer-canary" },
    actions: {},
    workDir: join(dir, "work"),
    ...options,
  });

describe("steps", () => {
  test("pass on what they write to command files, and not what they export in their shell", async () => {
    const { conclusion, log, outputs } = await job(
      `- id: a
  run: |
    export LOST=1
    echo "KEPT=yes" >> "$GITHUB_ENV"
    echo "x<<END" >> "$GITHUB_OUTPUT"; printf 'one\\ntwo\\nEND\\n' >> "$GITHUB_OUTPUT"
- run: echo "lost=$LOST kept=$KEPT repo=$GITHUB_REPOSITORY"`,
      {},
      `    outputs: { x: "\${{ steps.a.outputs.x }}" }\n`,
    );
    expect(log).toContain("lost= kept=yes repo=acme/infra");
    expect(outputs).toEqual({ x: "one\ntwo" });
    expect(conclusion).toBe("success");
  });

  test("after a failure run only where their condition says so", async () => {
    const { conclusion, steps } = await job(
      "- run: exit 3\n- run: echo no\n- run: echo yes\n  if: failure()\n- run: echo too\n  if: ${{ always() }}",
    );
    expect(conclusion).toBe("failure");
    expect(steps.map(({ outcome }) => outcome)).toEqual(["failure", "skipped", "success", "success"]);
  });

  test("may fail and be forgiven", async () => {
    const { conclusion, steps } = await job("- run: exit 1\n  continue-on-error: true\n- run: echo on");
    expect(conclusion).toBe("success");
    expect(steps[0]).toMatchObject({ outcome: "failure", conclusion: "success" });
  });

  test("inherit nothing of this process", async () => {
    process.env["CANARY_OF_THE_TEST"] = "leaked";
    const { log } = await job("- run: env");
    delete process.env["CANARY_OF_THE_TEST"];
    expect(log).not.toContain("leaked");
  });

  test("get the token service only with id-token: write", async () => {
    const steps = '- run: echo "url=$ACTIONS_ID_TOKEN_REQUEST_URL"';
    expect((await job(steps)).log).toContain("url=http://127.0.0.1:1/?a=b");
    expect((await job(steps, {}, "    permissions: { contents: read }\n")).log).toMatch(/url=$/m);
  });

  test("that hang are killed", async () => {
    const { conclusion, log } = await job("- run: exec sleep 60", { stepTimeoutMs: 300 });
    expect(conclusion).toBe("failure");
    expect(log).toContain("exit code 124");
  });
});

describe("masks", () => {
  test("hide what comes after them, and do not reach back", async () => {
    const { log } = await job(
      '- run: "echo early-s3cret; echo ::add-mask::s3cret; echo late-s3cret"\n- run: echo again-s3cret',
    );
    expect(log).toContain("early-s3cret");
    expect(log).toContain("late-***\n");
    expect(log).toContain("again-***\n");
  });
  test("keep an output that holds one from leaving the job", async () => {
    const { outputs } = await job(
      '- id: a\n  run: "echo ::add-mask::s3cret; echo x=s3cret >> $GITHUB_OUTPUT"',
      {},
      `    outputs: { x: "\${{ steps.a.outputs.x }}" }\n`,
    );
    expect(outputs).toEqual({});
  });
});

test("an action gets its inputs by upper-cased name, and post steps run in reverse with their state", async () => {
  await mkdir(join(dir, "act"));
  await writeFile(
    join(dir, "act/action.yml"),
    "inputs: { the-name: { default: x }, other: { default: fallback } }\nruns: { using: node24, main: main.mjs, post: post.mjs, post-if: always() }",
  );
  await writeFile(
    join(dir, "act/main.mjs"),
    `import fs from "node:fs"; const n = process.env["INPUT_THE-NAME"];
     console.log("main", n, process.env.INPUT_OTHER); fs.appendFileSync(process.env.GITHUB_STATE, "n=" + n + "\\n");`,
  );
  await writeFile(join(dir, "act/post.mjs"), `console.log("post", process.env.STATE_n)`);
  const { log } = await job(
    "- { uses: a/b@v1, with: { the-name: first } }\n- { uses: a/b@v1, with: { the-name: second } }\n- run: exit 1",
    {
      actions: { "a/b": join(dir, "act") },
    },
  );
  expect(log.match(/^(main|post) .*$/gm)).toEqual([
    "main first fallback",
    "main second fallback",
    "post second",
    "post first",
  ]);
});

test("NODE_OPTIONS cannot be exported, and a heredoc must end", async () => {
  expect((await job("- run: echo NODE_OPTIONS=--require=/evil >> $GITHUB_ENV")).conclusion).toBe("failure");
  expect(() => parseCommandFile("a<<END\nb\n")).toThrow("Matching delimiter not found");
});

test.each([
  ["${{ inputs.bucket }}-${{ vars.x }}", "b-"],
  ["${{ inputs.bucket == 'B' && 'yes' || 'no' }}", "yes"],
  ["${{ !inputs.none }}", "true"],
])("expression %s is %s", (text, expected) => {
  expect(interpolate(text, { inputs: { bucket: "b" }, vars: {} })).toBe(expected);
});

test("an expression that the test runner does not know throws", () => {
  expect(() => interpolate("${{ toJSON(github) }}", { github: {} })).toThrow("not known");
  expect(() => interpolate("${{ secrets.X }}", {})).toThrow("not known");
});
