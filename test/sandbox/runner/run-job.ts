import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseCommandFile } from "./command-files.ts";
import { evaluate, interpolate, isTrue, type Contexts } from "./expressions.ts";
import { Log } from "./log.ts";
import { runProcess } from "./spawn.ts";
import type { JobResult, Outcome, RunJobOptions, StepResult, Variables } from "./types.ts";
import { jobOf, list, mayAskForIdToken, parseYaml, record, text, type Node } from "./workflow.ts";

interface Post {
  readonly name: string;
  readonly script: string;
  readonly condition: string;
  readonly env: Variables;
}

/** Executes one job of a workflow as the GitHub runner would: processes, command files, masks, post steps in reverse. */
export async function runJob(options: RunJobOptions): Promise<JobResult> {
  return new Job(options).run();
}

class Job {
  readonly #options: RunJobOptions;
  readonly #job: Node;
  readonly #log = new Log();
  readonly #steps: StepResult[] = [];
  readonly #posts: Post[] = [];
  readonly #exported: Record<string, string> = {};
  readonly #path: string[] = [];
  readonly #temp: string;
  readonly #workspace: string;
  #failed = false;
  #count = 0;

  constructor(options: RunJobOptions) {
    this.#options = options;
    this.#job = jobOf(parseYaml(options.workflowText), options.job);
    this.#temp = join(options.workDir, "_temp");
    this.#workspace = join(options.workDir, "workspace");
    this.#log.mask(options.oidc.token);
  }

  async run(): Promise<JobResult> {
    for (const dir of [this.#temp, this.#workspace]) await mkdir(dir, { recursive: true });
    for (const step of list(this.#job["steps"])) await this.#step(record(step));
    // In reverse, so that what was set up last is taken down first.
    for (const post of this.#posts.reverse()) {
      if (!this.#condition(post.condition)) continue;
      const { outcome } = await this.#execute(`Post ${post.name}`, process.execPath, [post.script], post.env);
      if (outcome === "failure") this.#failed = true;
    }
    return {
      conclusion: this.#failed ? "failure" : "success",
      log: this.#log.toString(),
      steps: this.#steps,
      outputs: this.#outputs(),
    };
  }

  async #step(step: Node): Promise<void> {
    const id = text(step["id"]);
    const name = this.#fill(text(step["name"]) ?? text(step["uses"]) ?? `Run ${text(step["run"])?.split("\n")[0]}`);
    if (!this.#condition(text(step["if"]) ?? "success()")) {
      this.#steps.push({ id, name, outcome: "skipped", conclusion: "skipped", outputs: {}, summary: "" });
      return;
    }
    const env = this.#fillAll(record(step["env"]));
    const uses = text(step["uses"]);
    const done =
      uses === undefined ? await this.#runStep(name, step, env) : await this.#usesStep(name, uses, step, env);
    const forgiven = step["continue-on-error"] === true;
    const conclusion: Outcome = done.outcome === "failure" && !forgiven ? "failure" : "success";
    if (conclusion === "failure") this.#failed = true;
    this.#steps.push({ id, name, outcome: done.outcome, conclusion, outputs: done.outputs, summary: done.summary });
  }

  async #runStep(name: string, step: Node, env: Variables) {
    const script = join(this.#temp, `${++this.#count}.sh`);
    await writeFile(script, this.#fill(text(step["run"]) ?? ""));
    // Documented: without `shell` it is `bash -e`, with `shell: bash` pipes fail as well.
    const flags = step["shell"] === "bash" ? ["--noprofile", "--norc", "-e", "-o", "pipefail"] : ["-e"];
    return this.#execute(name, "bash", [...flags, script], env);
  }

  async #usesStep(name: string, uses: string, step: Node, env: Variables) {
    const dir = this.#options.actions[uses] ?? this.#options.actions[uses.split("@")[0] ?? ""];
    if (dir === undefined) throw new Error(`no action is given for ${uses}`);
    const action = parseYaml(await readFile(join(dir, "action.yml"), "utf8"));
    const runs = record(action["runs"]);
    if (!/^node[0-9]+$/.test(text(runs["using"]) ?? "")) throw new Error(`${uses} is no JavaScript action`);
    const given = this.#fillAll(record(step["with"]));
    const inputs: Record<string, string> = {};
    for (const [input, definition] of Object.entries(record(action["inputs"]))) {
      inputs[inputName(input)] = this.#fill(text(record(definition)["default"]) ?? "");
    }
    for (const [input, value] of Object.entries(given)) inputs[inputName(input)] = value;
    const all = { ...env, ...inputs, GITHUB_ACTION_PATH: dir };
    const done = await this.#execute(name, process.execPath, [join(dir, text(runs["main"]) ?? "")], all);
    const post = text(runs["post"]);
    if (post !== undefined) {
      const states = Object.fromEntries([...done.states].map(([key, value]) => [`STATE_${key}`, value]));
      const condition = text(runs["post-if"]) ?? "always()";
      this.#posts.push({ name, script: join(dir, post), condition, env: { ...all, ...states } });
    }
    return done;
  }

  /** One process with command files of its own, which are read when it has ended. */
  async #execute(name: string, command: string, args: readonly string[], env: Variables) {
    const number = ++this.#count;
    const file = (kind: string) => join(this.#temp, `${kind}_${number}`);
    const kinds = ["env", "output", "state", "step_summary", "path"];
    for (const kind of kinds) await writeFile(file(kind), "");
    const files = Object.fromEntries(kinds.map((kind) => [`GITHUB_${kind.toUpperCase()}`, file(kind)]));
    this.#log.write(`##[group]${name}`);
    const code = await runProcess({
      command,
      args,
      env: { ...this.#environment(), ...env, ...files },
      cwd: this.#workspace,
      timeoutMs: this.#options.stepTimeoutMs ?? 60_000,
      onLine: (line) => this.#log.output(line),
    });
    let outcome: Outcome = code === 0 ? "success" : "failure";
    if (code !== 0) this.#log.write(`##[error]Process completed with exit code ${code}.`);
    const read = async (kind: string) => await readFile(file(kind), "utf8");
    let outputs: Variables = {};
    let states = new Map<string, string>();
    try {
      this.#export(parseCommandFile(await read("env")));
      outputs = Object.fromEntries(parseCommandFile(await read("output")));
      states = parseCommandFile(await read("state"));
    } catch (error) {
      this.#log.write(`##[error]Unable to process file command: ${String(error)}`);
      outcome = "failure";
    }
    this.#path.unshift(...(await read("path")).split("\n").filter(Boolean).reverse());
    return { outcome, outputs, states, summary: this.#log.masked(await read("step_summary")) };
  }

  #export(values: ReadonlyMap<string, string>): void {
    for (const [name, value] of values) {
      // Documented: NODE_OPTIONS cannot be set, GITHUB_* and RUNNER_* cannot be overwritten.
      if (name === "NODE_OPTIONS")
        throw new Error("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
      if (!/^(GITHUB|RUNNER)_/.test(name)) this.#exported[name] = value;
    }
  }

  #environment(): Record<string, string> {
    const { github, oidc, env = {}, path = [], workDir } = this.#options;
    const context = Object.entries(github).map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value]);
    const asked = mayAskForIdToken(this.#job["permissions"]);
    return {
      ...env,
      ...Object.fromEntries(context),
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_JOB: text(this.#job["name"]) ?? "",
      GITHUB_WORKSPACE: this.#workspace,
      RUNNER_TEMP: this.#temp,
      RUNNER_TOOL_CACHE: join(workDir, "_tool"),
      RUNNER_OS: "Linux",
      RUNNER_ARCH: "X64",
      RUNNER_NAME: "sandbox",
      HOME: this.#workspace,
      ...(asked && { ACTIONS_ID_TOKEN_REQUEST_URL: oidc.url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: oidc.token }),
      ...this.#fillAll(record(this.#job["env"])),
      ...this.#exported,
      PATH: [...this.#path, ...path, dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
    };
  }

  #contexts(): Contexts {
    const { inputs = {}, github, vars = {}, env = {} } = this.#options;
    const steps = this.#steps.filter((step) => step.id !== undefined);
    return {
      inputs,
      vars,
      github: { ...github, event: { inputs } },
      env: {
        ...env,
        ...Object.fromEntries(Object.entries(record(this.#job["env"])).map(([k, v]) => [k, text(v)])),
        ...this.#exported,
      },
      steps: Object.fromEntries(
        steps.map(({ id, outputs, outcome, conclusion }) => [id ?? "", { outputs, outcome, conclusion }]),
      ),
      "always()": "true",
      "success()": String(!this.#failed),
      "failure()": String(this.#failed),
      "cancelled()": "false",
    };
  }

  #fill = (value: string): string => interpolate(value, this.#contexts());

  #fillAll = (values: Node): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, this.#fill(text(value) ?? "")]));

  /** Without a status function a condition means `success() && (...)`. */
  #condition(source: string): boolean {
    const expression = source.replace(/^\s*\$\{\{(.*)\}\}\s*$/s, "$1");
    const full = /\b(always|success|failure|cancelled)\(\)/.test(expression)
      ? expression
      : `success() && (${expression})`;
    return isTrue(evaluate(full, this.#contexts()));
  }

  #outputs(): Record<string, string> {
    const all = Object.entries(this.#fillAll(record(this.#job["outputs"])));
    const shown = all.filter(([name, value]) => {
      const secret = this.#log.holdsMasked(value);
      if (secret) this.#log.write(`##[warning]Skip output '${name}' since it may contain secret.`);
      return !secret;
    });
    return Object.fromEntries(shown);
  }
}

/** Blanks become underscores; nothing else changes but the case. */
const inputName = (input: string): string => `INPUT_${input.replaceAll(" ", "_").toUpperCase()}`;
