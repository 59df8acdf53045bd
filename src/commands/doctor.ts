import { Command } from "commander";
import { CountersignError } from "../base/errors.ts";
import { forJson, forTerminal } from "../base/text.ts";
import { diagnose, type Facts, isFine } from "../doctor/index.ts";
import { askAtTerminal } from "./ask.ts";
import { type Fixed, runFixes } from "./doctor/fix.ts";
import { type GhToken, ghToken, tokenFor, whereOf } from "./doctor/gh.ts";
import { findingJson, reportText } from "./doctor/report.ts";
import type { ExitCode, Io } from "./io.ts";
import { Misuse } from "./misuse.ts";
import { processIo } from "./process-io.ts";

export interface DoctorOptions {
  readonly app?: string;
  readonly fix?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}
export interface DoctorDeps {
  readonly io: Io;
  readonly ask: (question: string) => Promise<string | undefined>;
  /** Whether somebody is there to ask. */
  readonly person: boolean;
  readonly ghToken: GhToken;
}

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Check the settings of an access repo on GitHub, and mend them")
    .argument("<repository>", "[HOST/]OWNER/REPO")
    .option("--app <id or slug>", "which GitHub App is ours (default: APP_ID)")
    .option("--fix", "run the commands, each after a question")
    .option("--yes", "with --fix: do not ask; only commands that end no rule are run")
    .option("--json", "one JSON object: ok, repository, host, findings, fixes")
    .exitOverride()
    .addHelpText(
      "after",
      `
Reads GitHub as you: with GH_TOKEN or GITHUB_TOKEN (for a GitHub Enterprise Server GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN), else with
what \`gh auth token\` says. GH_HOST names another host than github.com. What you may not see is told as unknown. Every check: docs/doctor.md.
Exit code: 0 fine; 1 findings, or something could not be seen; 2 misuse, with nothing on standard output.
Examples:
  countersign doctor acme/access --app countersign
  countersign doctor acme/access --app 123456 --fix
  GH_HOST=github.acme.example countersign doctor acme/access --json`,
    )
    .action(async (repository: string, options: DoctorOptions) => {
      const deps = { io: processIo(), ask: askAtTerminal, person: process.stdin.isTTY === true, ghToken };
      process.exitCode = await doctor(repository, options, deps);
    });
}

/** `countersign doctor` (issue 5): prints the findings, mends what somebody says yes to, and returns the exit code. */
export async function doctor(repository: string, options: DoctorOptions, deps: DoctorDeps): Promise<ExitCode> {
  const { io } = deps;
  try {
    return await run(repository, options, deps);
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    if (error instanceof Misuse) {
      io.err(`${forTerminal(`countersign doctor: ${error.message}`, 2000)}\n`);
      return 2;
    }
    if (options.json === true) io.out(`${forJson({ ok: false, code: error.code, message: error.message })}\n`);
    else io.err(`${forTerminal(error.message, 2000)}\n`);
    return 1;
  }
}

async function run(repository: string, options: DoctorOptions, deps: DoctorDeps): Promise<ExitCode> {
  const { io } = deps;
  const where = whereOf(repository, io.env);
  if (options.yes === true && options.fix !== true) throw new Misuse("--yes is for --fix.");
  if (options.fix === true && options.yes !== true && !deps.person)
    throw new Misuse("There is nobody here to ask: --fix needs a terminal, or --yes.");
  const named = options.app ?? io.env["APP_ID"]?.trim();
  if (named && !/^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/.test(named))
    throw new Misuse(`--app takes an id or a slug, not "${named}".`);
  const token = await tokenFor(where.host, io.env, deps.ghToken);
  // Loaded here: Octokit takes a moment, and the other commands need none.
  const github = await import("../github/index.ts");
  const caller = github.personCaller(where.apiUrl, token);
  const app = named ? await github.findApp(caller, where.fullName, named) : null;
  if (named && app === null)
    throw new CountersignError(
      "no_such_app",
      `GitHub shows no App ${named} to this token: give its id, which the server has as APP_ID.`,
    );
  const reader = github.personReader(caller, { host: where.host, webUrl: where.webUrl, app });
  const look = (): Promise<Facts> =>
    github.readDoctorFacts(caller, where.fullName, reader).catch(notSeen(where.fullName));

  let facts = await look();
  let findings = diagnose(facts);
  let fixes: readonly Fixed[] = [];
  if (options.fix === true) {
    if (options.json !== true) io.out(reportText(facts, findings));
    fixes = await runFixes(findings, options.yes === true, {
      io,
      ask: deps.ask,
      send: (call) => caller.send(call),
      look: async () => diagnose(await look()),
    });
    // What is told last is what is so now.
    if (fixes.some(({ outcome }) => outcome === "done" || outcome === "failed")) {
      facts = await look();
      findings = diagnose(facts);
      if (options.json !== true) io.out(`\nNow:\n${reportText(facts, findings)}`);
    }
  } else if (options.json !== true) io.out(reportText(facts, findings));
  if (options.json === true) io.out(`${forJson(result(facts, findings, fixes))}\n`);
  return isFine(findings) ? 0 : 1;
}

const result = (facts: Facts, findings: ReturnType<typeof diagnose>, fixes: readonly Fixed[]) => ({
  ok: isFine(findings),
  repository: `${facts.owner}/${facts.name}`,
  host: facts.host,
  default_branch: facts.defaultBranch,
  app: facts.app,
  findings: findings.map((finding) => findingJson(finding, facts.host)),
  fixes,
});

/** About the repository itself: the one thing without which there is nothing to say. */
const notSeen =
  (fullName: string) =>
  (error: unknown): never => {
    if (error instanceof CountersignError && error.code === "github_not_visible")
      throw new CountersignError(
        "no_repository",
        `GitHub shows no ${fullName} to this token: is the name right, and may the token read it?`,
      );
    throw error;
  };
