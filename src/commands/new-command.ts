import { Command } from "commander";
import { newRequest, type NewOptions } from "./new.ts";
import { present } from "./present.ts";
import { processIo } from "./process-io.ts";

/** Flags that take a list, once or several times, or with commas. */
const listed = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
];
const repeated = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function newCommand(): Command {
  return new Command("new")
    .description("Write a valid request into the month folder")
    .argument("[target/role]", "what to ask for (default: the older request's)")
    .option("--from <file>", "start from an older request")
    .option("--name <name>", "name of the file (default: from the reason)")
    .option("--reason <text>", "why, in one line that an approver understands")
    .option("--ticket <id>", "where the work is tracked")
    .option("--duration <time>", "how long: 30m, 4h")
    .option("--start <time>", "start of the slot: 2026-11-24T09:00:00Z")
    .option("--runs <n>", "how many run attempts may get credentials (default: 1)")
    .option("--actions <list>", "aws: actions, with commas or several times", listed)
    .option("--resources <list>", "aws: ARNs, with commas or several times", listed)
    .option("--set <name>", "aws: a named set of the target, several times", listed)
    .option("--permission <name=level>", "github: contents=read, several times", listed)
    .option("--repositories <list>", "github: fewer repositories than the role's", listed)
    .option("--bucket <bucket=roles>", "gcp: gs://acme-logs=roles/storage.objectViewer, several times", repeated)
    .option("--workflow-repository <owner/name>", "repository of the workflow")
    .option("--workflow-file <path>", "such as .github/workflows/deploy.yml")
    .option("--ref <ref>", "such as refs/heads/main")
    .option("--environment <name>", "environment of the job")
    .option("--sha <commit>", "only a run of exactly this commit")
    .option("--reusable <workflow>", "reusable workflow that the job runs inside, with its commit")
    .option("--actor <who>", "requester or any")
    .option("--dispatch", "start the workflow at the merge")
    .option("--input <name=value>", "start it with this input, several times", repeated)
    .option(
      "--break-glass <text>",
      "what is on fire: instead of approval, where the role admits it and you are a member; owners are told, and review it after",
    )
    .option("--repo <dir>", "the access repo's folder (default: the nearest at or above this one)")
    .option("--repository <owner/name>", "the access repo on GitHub, for the link (default: the remote origin)")
    .option("--host <url>", "its GitHub host (default: the remote origin's)")
    .option("--branch <name>", "its default branch (default: origin's)")
    .option("--print", "print the file, write nothing")
    .option("--json", "one JSON object: ok, path, text, link, commands, written, diagnostics")
    .exitOverride()
    .addHelpText(
      "after",
      `
Nothing is written that \`validate\` would refuse.
Exit code: 0 written; 1 the request or the policy has errors; 2 misuse, with nothing on standard output.
Examples:
  countersign new aws-prod/operator --reason "Delete the log bucket left behind" --ticket OPS-1423 \\
    --actions s3:DeleteBucket --resources arn:aws:s3:::acme-stale-logs --workflow-file .github/workflows/delete-bucket.yml
  countersign new --from requests/aws-prod/2026-10/delete-old-logs.yml --ticket OPS-1500`,
    )
    .action(async (name: string | undefined, flags: Flags) => {
      process.exitCode = await newRequest(name, optionsOf(flags), processIo());
    });
}

type Flags = Readonly<Record<string, unknown>> & Omit<NewOptions, "draft">;

/** Flags of the command line as a draft; commander has checked which there are. */
function optionsOf(flags: Flags): NewOptions {
  const text = (key: string): string | undefined => (typeof flags[key] === "string" ? flags[key] : undefined);
  const list = (key: string): readonly string[] | undefined => {
    const value = flags[key];
    return Array.isArray(value) ? value.map(String) : undefined;
  };
  const workflow = {
    repository: text("workflowRepository"),
    file: text("workflowFile"),
    ref: text("ref"),
    environment: text("environment"),
    sha: text("sha"),
    reusable: text("reusable"),
    actor: text("actor"),
  };
  const draft = {
    reason: text("reason"),
    ticket: text("ticket"),
    actions: list("actions"),
    resources: list("resources"),
    sets: list("set"),
    permissions: list("permission"),
    repositories: list("repositories"),
    buckets: list("bucket"),
    duration: text("duration"),
    start: text("start"),
    runs: text("runs"),
    dispatch: flags["dispatch"] === true ? true : undefined,
    inputs: list("input"),
    breakGlass: text("breakGlass"),
    workflow: present(workflow),
  };
  return { ...flags, draft: present(draft) };
}
