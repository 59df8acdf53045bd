#!/usr/bin/env node
import { Command } from "commander";
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
import { forTerminal } from "./base/text.ts";
import { repositoryFacts } from "./enroll.ts";
import { verifyClone } from "./audit/index.ts";
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

const audit = program.command("audit").description("Read the ledger of an access repo's clone");
audit
  .command("verify")
  .description("Check every batch of the branch countersign-ledger: signature, order, digests")
  .argument("[dir]", "a clone of the access repo", ".")
  .option(
    "--key <public key...>",
    "ledger keys that you have from the server's operator (base64url SPKI, in the server's log at start)",
  )
  .option(
    "--trust-on-first-use",
    "without a key: believe the one in the genesis; proves only that nothing changed since",
  )
  .option("--json", "one JSON object")
  .addHelpText(
    "after",
    "\nExample:\n  git clone https://github.com/acme/access && countersign audit verify access --key MCowBQYDK2Vw...",
  )
  .action(async (dir: string, options: { key?: string[]; trustOnFirstUse?: boolean; json?: boolean }) => {
    const result = await verifyClone(dir, {
      ...(options.key ? { keys: options.key } : {}),
      ...(options.trustOnFirstUse ? { trustOnFirstUse: true } : {}),
    });
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else {
      for (const { code, message, commit } of result.problems) {
        process.stdout.write(`problem: ${code}${commit ? ` in ${commit.slice(0, 12)}` : ""}: ${message}\n`);
      }
      for (const { code, message, commit, reason } of result.accepted) {
        process.stdout.write(
          `accepted by the operator: ${code}${commit ? ` in ${commit.slice(0, 12)}` : ""}: ${message} (${forTerminal(reason)})\n`,
        );
      }
      const trust = result.trust === "first_use" ? " (by the key in the genesis, which you chose to believe)" : "";
      process.stdout.write(
        `${result.batches} batches, ${result.entries} entries, ${result.grants} grants, ${result.issued} issued: ${result.ok ? "verified" : "NOT verified"}${trust}\n`,
      );
    }
    process.exitCode = result.ok ? 0 : 1;
  });

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
