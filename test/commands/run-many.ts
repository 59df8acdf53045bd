import { Command } from "commander";
import { initCommand } from "../../src/commands/init.ts";
import { newCommand } from "../../src/commands/new-command.ts";
import { ownersCommand } from "../../src/commands/owners.ts";
import { planCommand } from "../../src/commands/plan.ts";
import { targetsCommand } from "../../src/commands/targets.ts";
import { validateCommand } from "../../src/commands/validate.ts";

// A process that runs many command lines one after the other, since most of the cost of a command is the start of its process.
// In: a JSON array of argument lists, as argument. Out: a JSON array of exit codes and outputs.

const results: { code: number; out: string; err: string }[] = [];
const write = process.stdout.write.bind(process.stdout);
for (const args of JSON.parse(process.argv[2] ?? "[]") as string[][]) {
  const result = { code: 0, out: "", err: "" };
  process.stdout.write = (text: string | Uint8Array) => Boolean((result.out += String(text)));
  process.stderr.write = (text: string | Uint8Array) => Boolean((result.err += String(text)));
  process.exitCode = 0;
  const program = new Command("countersign").exitOverride();
  for (const make of [validateCommand, planCommand, ownersCommand, targetsCommand, newCommand, initCommand])
    program.addCommand(make());
  try {
    await program.parseAsync(args, { from: "user" });
    result.code = Number(process.exitCode);
  } catch (error) {
    result.code = (error as { exitCode?: number }).exitCode === 0 ? 0 : 2;
  }
  results.push(result);
}
process.exitCode = 0;
write(JSON.stringify(results));
