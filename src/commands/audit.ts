import path from "node:path";
import { Command } from "commander";
import { type AuditResult, verifyClone } from "../audit/index.ts";
import { CountersignError } from "../base/errors.ts";
import { forTerminal } from "../base/text.ts";
import type { ExitCode, Io } from "./io.ts";
import { processIo } from "./process-io.ts";

export interface AuditVerifyOptions {
  readonly key?: readonly string[];
  readonly trustOnFirstUse?: boolean;
  readonly json?: boolean;
}

export function auditCommand(): Command {
  const audit = new Command("audit").description("Read the ledger of an access repo's clone").exitOverride();
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
      `
Exit code: 0 verified; 1 not verified; 2 misuse: no clone, or no key, with nothing on standard output.
Example:
  git clone https://github.com/acme/access && countersign audit verify access --key MCowBQYDK2Vw...`,
    )
    .action(async (dir: string, options: AuditVerifyOptions) => {
      process.exitCode = await auditVerify(dir, options, processIo());
    });
  return audit;
}

/**
 * `countersign audit verify` (DESIGN.md section 2, Audit): prints, and returns the exit code. What cannot be read at all is
 * misuse with a sentence, never "not verified": nothing was looked at.
 */
export async function auditVerify(dir: string, options: AuditVerifyOptions, io: Io): Promise<ExitCode> {
  const { key, trustOnFirstUse, json } = options;
  try {
    const result = await verifyClone(path.resolve(io.cwd, dir), {
      ...(key ? { keys: key } : {}),
      ...(trustOnFirstUse ? { trustOnFirstUse: true } : {}),
    });
    io.out(json ? `${JSON.stringify(result)}\n` : inWords(result));
    return result.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    const where = error.code === "ledger_bad_key" ? "--key" : forTerminal(dir);
    const how = error.code === "ledger_bad_key" ? " `countersign keys list` shows it on the server's machine." : "";
    io.err(`countersign audit verify: ${where}: ${error.message}${how}\n`);
    return 2;
  }
}

function inWords({ problems, accepted, trust, batches, entries, grants, issued, ok }: AuditResult): string {
  const where = (commit?: string): string => (commit ? ` in ${commit.slice(0, 12)}` : "");
  const by = trust === "first_use" ? " (by the key in the genesis, which you chose to believe)" : "";
  return [
    ...problems.map(({ code, message, commit }) => `problem: ${code}${where(commit)}: ${message}`),
    ...accepted.map(
      ({ code, message, commit, reason }) =>
        `accepted by the operator: ${code}${where(commit)}: ${message} (${forTerminal(reason)})`,
    ),
    `${batches} batches, ${entries} entries, ${grants} grants, ${issued} issued: ${ok ? "verified" : "NOT verified"}${by}`,
    "",
  ].join("\n");
}
