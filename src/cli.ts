#!/usr/bin/env node
import { Command } from "commander";
import { auditCommand } from "./commands/audit.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { acceptCommands } from "./commands/accept.ts";
import { explainCommand } from "./commands/explain.ts";
import { liveCommands } from "./commands/live.ts";
import { initCommand } from "./commands/init.ts";
import { newCommand } from "./commands/new-command.ts";
import { keysCommand } from "./commands/keys.ts";
import { ownersCommand } from "./commands/owners.ts";
import { planCommand } from "./commands/plan.ts";
import { targetsCommand } from "./commands/targets.ts";
import { setupCommand } from "./commands/setup.ts";
import { repositoryFacts } from "./enroll.ts";
import { validateCommand } from "./commands/validate.ts";

const program = new Command("countersign").description("Just-in-time cloud access by pull request").exitOverride();

program
  .command("serve")
  .description("Run the server from its environment (docs/configuration.md)")
  // Loaded when it is asked for: the server brings GitHub, clouds and a database along, and the other commands start at once.
  .action(async () => (await import("./server.ts")).serve(process.env));

program
  .command("enroll")
  .description("Print the form that ACCESS_REPOS wants: the name for people, the id that pins the repository")
  .argument("<repository>", "owner/name")
  .option("--json", "one JSON object")
  .addHelpText(
    "after",
    "\nReads the repository with GH_TOKEN or GITHUB_TOKEN; at GHE_HOST, where that is no ghe.com, with GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN (private\nones need it).\nExample:\n  GH_TOKEN=$(gh auth token) countersign enroll acme/access",
  )
  .action(async (repository: string, options: { json?: boolean }) => {
    const result = await repositoryFacts(repository, process.env);
    if (typeof result === "string") {
      process.stderr.write(`${result}\n`);
      process.exitCode = 1;
      return;
    }
    const form = `${result.fullName}#${result.id}`;
    process.stdout.write(options.json ? `${JSON.stringify({ ACCESS_REPOS: form })}\n` : `ACCESS_REPOS=${form}\n`);
  });

program.addCommand(auditCommand());
program.addCommand(validateCommand());
program.addCommand(planCommand());
// As above: a database is loaded where it is opened.
program.addCommand(keysCommand(async (...args) => (await import("./offline-keys.ts")).openOfflineKeys(...args)));
for (const command of liveCommands()) program.addCommand(command);
for (const command of acceptCommands()) program.addCommand(command);
program.addCommand(ownersCommand());
program.addCommand(explainCommand());
program.addCommand(targetsCommand());
program.addCommand(newCommand());
program.addCommand(initCommand());
program.addCommand(setupCommand());
program.addCommand(doctorCommand());

try {
  await program.parseAsync();
} catch (error) {
  // commander has printed what is wrong; help and version end with 0, misuse with 2.
  const { exitCode } = error as { exitCode?: number };
  process.exitCode = exitCode === 0 ? 0 : 2;
  if (exitCode === undefined) throw error;
}
