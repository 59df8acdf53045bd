import { Command } from "commander";
import { type AdminReply, adminSocketPath, callAdmin } from "../admin/index.ts";
import { forJson, forTerminal, hasInvisible } from "../base/text.ts";
import type { ExitCode, Io } from "./io.ts";
import { done, misuse } from "./keys-backend.ts";
import { processIo } from "./process-io.ts";

export interface AcceptOptions {
  readonly reason?: string;
  readonly repo?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** `countersign policy accept DIGEST --reason TEXT` */
export async function policyAccept(digest: string, options: AcceptOptions, io: Io): Promise<ExitCode> {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    return misuse(io, "A policy's digest is sha256: and 64 hex digits: the issue in the access repo names it.");
  const reason = readReason(options, io);
  if (reason === undefined) return 2;
  const params = { repository: options.repo ?? null, digest, reason };
  return tell(io, options, await callAdmin(socket(options, io), "policy_accept", params), (result) =>
    result.already
      ? `This policy is in force in ${result.repository} already; nothing was written.`
      : `The policy at ${result.commit} is in force in ${result.repository} from now on, by your word alone. The ledger says so.`,
  );
}

/** `countersign ledger accept --reason TEXT` */
export async function ledgerAccept(options: AcceptOptions, io: Io): Promise<ExitCode> {
  const reason = readReason(options, io);
  if (reason === undefined) return 2;
  const params = { repository: options.repo ?? null, reason };
  return tell(io, options, await callAdmin(socket(options, io), "ledger_accept", params), (result) => {
    const [commits, are, stay] =
      result.foreign === 1 ? ["One commit", "is", "stays"] : [`${result.foreign} commits`, "are", "stay"];
    const recorded = result.recorded ? "The ledger says so." : "The ledger says so within a minute.";
    return (
      `${commits} of ${result.repository}'s ledger branch up to ${result.tip} ${are} not ours, ${stay} so, and ${are} no reason to stop any ` +
      `more. Countersign issues again. ${recorded}`
    );
  });
}

const socket = (options: AcceptOptions, io: Io): string =>
  adminSocketPath(options.dataDir ?? (io.env.DATA_DIR?.trim() || "./data"));

/** One line that readers of the ledger get; undefined: told that it is none. */
function readReason({ reason }: AcceptOptions, io: Io): string | undefined {
  const text = reason?.trim() ?? "";
  if (text !== "" && text.length <= 500 && !hasInvisible(text) && !text.includes("  ")) return text;
  misuse(io, 'Say why, for those who read the ledger: --reason "TEXT", one line of at most 500 characters.');
  return undefined;
}

function tell<C extends "policy_accept" | "ledger_accept">(
  io: Io,
  options: AcceptOptions,
  reply: AdminReply<C>,
  sentence: (result: Extract<AdminReply<C>, { ok: true }>["result"]) => string,
): ExitCode {
  if (!reply.ok) {
    if (options.json) io.out(`${forJson({ ok: false, code: reply.code, message: reply.message })}\n`);
    else io.err(`${forTerminal(reply.message, 4000)}\n`);
    return 1;
  }
  if (options.json) done(io, reply.result);
  else io.out(`${forTerminal(sentence(reply.result), 4000)}\n`);
  return 0;
}

const about = `
Speaks to the running server by the socket in its DATA_DIR, which only the server's user can open; with several replicas any one's does.
It is recorded in the ledger, with the reason, as what an operator did without any approval.
Exit code: 0 done; 1 refused, or no server answers; 2 misuse.`;

/** `countersign policy` and `countersign ledger`: what an operator does where nobody else can (DESIGN.md section 4). */
export function acceptCommands(): readonly Command[] {
  const group = (name: string, description: string) => new Command(name).description(description).exitOverride();
  const accept = (parent: Command, description: string, example: string) =>
    parent
      .command("accept")
      .description(description)
      .requiredOption("--reason <text>", "why, in one line; the ledger keeps it")
      .option("--repo <owner/name>", "which access repo, where the server has several")
      .option("--data-dir <dir>", "the server's DATA_DIR (else from the environment, else ./data)")
      .option("--json", "one JSON object")
      .exitOverride()
      .addHelpText("after", `${about}\nExample:\n${example}`);
  const policy = group("policy", "The policy in force, where no owner can act");
  accept(
    policy,
    "Put the policy at the default branch's tip in force, exactly the one with this digest",
    `  countersign policy accept sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 --reason "Both owners have left; board decision 12"`,
  )
    .argument("<digest>", "sha256:…, as the issue in the access repo names it")
    .action(async (digest: string, options: AcceptOptions) => {
      process.exitCode = await policyAccept(digest, options, processIo());
    });
  const ledger = group("ledger", "The ledger branch, after somebody else wrote to it");
  accept(
    ledger,
    "Go on after commits on the branch countersign-ledger that are not ours; they are never read as fact",
    `  countersign ledger accept --reason "A test push by carol; the branch rule is back"`,
  ).action(async (options: AcceptOptions) => {
    process.exitCode = await ledgerAccept(options, processIo());
  });
  return [policy, ledger];
}
