import { forTerminal } from "../../base/text.ts";
import { CountersignError } from "../../base/errors.ts";
import { type ApiCall, type Finding, type Fix, fixesOf } from "../../doctor/index.ts";
import type { Io } from "../io.ts";
import { fixText } from "./report.ts";

export interface FixDeps {
  readonly io: Io;
  /** undefined: nobody is there to ask. */
  readonly ask: (question: string) => Promise<string | undefined>;
  readonly send: (call: ApiCall) => Promise<void>;
  /** Reads everything again. */
  readonly look: () => Promise<readonly Finding[]>;
}
export interface Fixed {
  readonly id: string;
  /** needs_person: it would end something, and `--yes` is no person's word for that. */
  readonly outcome: "done" | "declined" | "needs_person" | "changed" | "failed";
  readonly message: string;
}

/**
 * Runs the commands, each after a yes. Without a person (`yes`) only those that end nothing. What was read may be old by the time somebody has
 * answered: everything is read again, and a fix that would be another one now is not sent, since it holds whole rulesets.
 */
export async function runFixes(findings: readonly Finding[], yes: boolean, deps: FixDeps): Promise<readonly Fixed[]> {
  const { io } = deps;
  const results: Fixed[] = [];
  const agreed: Fix[] = [];
  const say = (fix: Fix, outcome: Fixed["outcome"], message: string): void => {
    results.push({ id: fix.id, outcome, message });
    io.err(`${forTerminal(message, 2000)}\n`);
  };
  for (const fix of fixesOf(findings)) {
    if (yes && fix.loosens.length > 0)
      say(fix, "needs_person", `Not done: this ${fixText(fix)}. --yes does not say so; run --fix without it.`);
    else if (yes || (await confirmed(fix, deps))) agreed.push(fix);
    else say(fix, "declined", `Not done: this ${fix.does}.`);
  }
  if (agreed.length === 0) return results;
  const now = new Map(fixesOf(await deps.look()).map((fix) => [fix.id, fix]));
  for (const fix of agreed) {
    if (JSON.stringify(now.get(fix.id)) !== JSON.stringify(fix)) {
      say(fix, "changed", `Not done, since GitHub's settings changed meanwhile: this ${fix.does}. Run it again.`);
      continue;
    }
    try {
      await deps.send(fix.call);
      say(fix, "done", `Done: this ${fix.does}.`);
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      say(fix, "failed", `Failed: this ${fix.does}. ${error.message} Run the command yourself to see why.`);
    }
  }
  return results;
}

async function confirmed(fix: Fix, { ask, io }: FixDeps): Promise<boolean> {
  io.err(`\nThis ${forTerminal(fixText(fix), 2000)}.\n`);
  const answer = (await ask("Run it? [y/N] "))?.toLowerCase();
  return answer === "y" || answer === "yes";
}
