import { resolve } from "node:path";
import { Command } from "commander";
import { type Diagnostic, type Target } from "../access-repo/index.ts";
import { type RepositoryId, repositoryId } from "../base/ids.ts";
import { forJson, forTerminal } from "../base/text.ts";
import { issuerProblem, type SetupFormat, setupSubjects, setupText } from "../setup/index.ts";
import type { ExitCode, Io } from "./io.ts";
import { processIo } from "./process-io.ts";
import { readTargetFiles } from "./target-files.ts";

export interface SetupOptions {
  readonly role?: readonly string[];
  readonly repo?: string;
  readonly format?: string;
  readonly remove?: boolean;
  readonly issuerUrl?: string;
  readonly repositoryId?: string;
  readonly json?: boolean;
}

export function setupCommand(): Command {
  return new Command("setup")
    .description("What to create in a cloud so that it trusts this installation for a target; or what to tear down")
    .argument("<target>", "name of a target: targets/<target>.yml")
    .option("--role <role...>", "only these roles of it")
    .option("--repo <dir>", "the access repo's folder", ".")
    .option("--format <format>", "terraform or cli", "terraform")
    .option("--remove", "what to tear down instead")
    .option("--issuer-url <url>", "the server's ISSUER_URL (else from the environment: ISSUER_URL, PUBLIC_URL)")
    .option(
      "--repository-id <id>",
      "the access repo's id (else from the environment: ACCESS_REPOS, where it names one)",
    )
    .option("--json", "one JSON object: text, warnings, subjects")
    .exitOverride()
    .addHelpText(
      "after",
      `
Prints only, and contacts nobody. What is printed goes to standard output, warnings to standard error.
Exit code: 0 printed; 1 the target file has errors or cannot be set up so; 2 misuse.
Examples:
  countersign setup aws-prod --issuer-url https://countersign.acme.example --repository-id 987654321 > countersign.tf
  countersign setup gcp-prod --role deployer --format cli | less
  countersign setup azure-prod --remove --format cli`,
    )
    .action((target: string, options: SetupOptions) => {
      process.exitCode = setup(target, options, processIo());
    });
}

/** `countersign setup` (issue 4, DESIGN.md section 6): prints, and returns the exit code. Never throws. */
export function setup(name: string, options: SetupOptions, io: Io): ExitCode {
  const misuse = (why: string): ExitCode => {
    io.err(`${forTerminal(why, 4000)}\n`);
    return 2;
  };
  const installation = readInstallation(options, io.env);
  if (typeof installation === "string") return misuse(installation);
  const format: SetupFormat | undefined = (["terraform", "cli"] as const).find(
    (each) => each === (options.format ?? "terraform"),
  );
  if (format === undefined) return misuse("--format is terraform or cli.");
  const files = readTargetFiles(resolve(io.cwd, options.repo ?? "."));
  if (files === undefined)
    return misuse("There is no folder targets/ here: name the access repo's folder with --repo.");
  const own = files.broken.get(`targets/${name}.yml`);
  if (own !== undefined) return findings(own, io);
  const target = files.targets.find((each) => each.name === name);
  if (target === undefined) return misuse(noSuchTarget(name, files.targets));
  const unknown = options.role?.find((role) => !target.roles.has(role));
  if (unknown !== undefined)
    return misuse(
      `Target ${name} has no role ${JSON.stringify(unknown.slice(0, 100))}; it has ${[...target.roles.keys()].join(", ")}.`,
    );

  const input = {
    ...installation,
    target,
    roles: [...target.roles.keys()].filter((role) => options.role?.includes(role) ?? true),
    targets: files.targets,
    format,
    remove: options.remove === true,
  };
  const result = setupText(input);
  if (!result.ok) {
    io.err(`${forTerminal(result.problem, 4000)}\n`);
    return 1;
  }
  const unread = [...files.broken.keys()].map(
    (path) => `${path} has errors and was left out: what it shares with this target is not known.`,
  );
  const warnings = [...result.warnings, ...unread];
  if (options.json) io.out(`${forJson({ ...about(input), text: result.text, warnings })}\n`);
  else {
    io.out(result.text);
    for (const warning of warnings) io.err(`warning: ${forTerminal(warning, 4000)}\n`);
  }
  return 0;
}

type Input = Parameters<typeof setupText>[0];
const about = (input: Input) => ({
  target: input.target.name,
  cloud: input.target.cloud,
  issuer: input.issuerUrl,
  repository_id: input.repositoryId,
  format: input.format,
  remove: input.remove,
  subjects: setupSubjects(input).map(({ role, subject }) => ({ role, subject })),
});

/** What the subjects and the trust need to know of this installation. */
function readInstallation(
  options: SetupOptions,
  env: Io["env"],
): { readonly issuerUrl: string; readonly repositoryId: RepositoryId } | string {
  const issuerUrl = options.issuerUrl ?? (env.ISSUER_URL?.trim() || env.PUBLIC_URL?.trim());
  if (!issuerUrl)
    return "Which server? Give --issuer-url, the server's ISSUER_URL (or PUBLIC_URL), such as https://countersign.acme.example.";
  const wrong = issuerProblem(issuerUrl);
  if (wrong !== undefined) return `${JSON.stringify(issuerUrl.slice(0, 300))} cannot be an issuer: ${wrong}.`;
  const enrolled = (env.ACCESS_REPOS ?? "").split(/[\s,]+/).filter((entry) => entry !== "");
  const id = options.repositoryId ?? (enrolled.length === 1 ? enrolled[0]?.split("#")[1] : undefined);
  if (id === undefined)
    return "Which access repo? Give --repository-id, the number that `countersign enroll <owner>/<name>` prints after the #.";
  try {
    return { issuerUrl, repositoryId: repositoryId(id) };
  } catch {
    return `${JSON.stringify(id.slice(0, 100))} is not a repository id: \`countersign enroll <owner>/<name>\` prints it after the #.`;
  }
}

function findings(diagnostics: readonly Diagnostic[], io: Io): ExitCode {
  for (const { file, line, column, code, message, hint } of diagnostics)
    io.err(`${forTerminal(file)}:${line}:${column}: ${code}: ${forTerminal(message)}\n  ${forTerminal(hint)}\n`);
  return 1;
}

function noSuchTarget(name: string, targets: readonly Target[]): string {
  const names = targets.map((target) => target.name).slice(0, 50);
  return `There is no targets/${name}.yml. ${names.length === 0 ? "The folder has no target that parses." : `There are: ${names.join(", ")}.`}`;
}
