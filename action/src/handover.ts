import { join } from "node:path";
import { Failure } from "./failure.ts";
import type { Answer } from "./http.ts";
import type { Inputs } from "./inputs.ts";
import type { Machine, Runner } from "./runner.ts";

/** What the job gets of one exchange. Everything in it that is secret was masked before it came here. */
export interface Handover {
  /** In the order in which they are exported. An empty value clears what an earlier step left. */
  readonly variables: ReadonlyMap<string, string>;
  /** Written with mode 0600, before any variable names them; deleted by the post step. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly outputs: ReadonlyMap<string, string>;
  /** github: a token that the post step ends. */
  readonly revoke?: string;
  /** Lines for the log. */
  readonly said: readonly string[];
  readonly warnings: readonly string[];
  /** Rows of the summary. */
  readonly rows: readonly (readonly [string, string | undefined])[];
}

/** How one kind of target is handed over. */
export interface Kind {
  /** Every variable that it may export or clear: the post step empties no other. */
  readonly owned: readonly string[];
  /** @throws Failure `invalid_answer`, after masking whatever may be secret */
  readonly read: (answer: Answer, about: { machine: Machine; runner: Runner; inputs: Inputs }) => Handover;
}

// Not retried: the server has released, so another attempt would only use up another exchange.
export const strange = (
  what: string,
  cure = "Check that the Action and the server are of matching versions.",
): Failure => new Failure("invalid_answer", `The server's answer is not understood: ${what}.`, { cure });

/** Printable ASCII without blanks: such a value is one line, and can leave neither a mask nor a command file. */
export function word(from: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const value = from?.[name];
  if (typeof value !== "string" || !/^[!-~]+$/.test(value)) throw strange(`its ${name} is missing or malformed`);
  return value;
}

export const optionalWord = (from: Answer["body"], name: string): string | undefined =>
  from?.[name] === undefined ? undefined : word(from, name);

/** `expires_in` as an instant of this machine's clock, RFC 3339. */
export function expiration({ body }: Answer, machine: Machine): string {
  const seconds = body?.["expires_in"];
  if (typeof seconds !== "number" || !Number.isSafeInteger(seconds) || seconds < 0 || seconds > 1e8)
    throw strange("its expires_in is missing or malformed");
  return `${new Date(machine.wallClock().getTime() + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** A path of our own in the job's temporary folder, which the runner empties after the job as well. */
export function temporaryFile(machine: Machine, ending: "jwt" | "json" | "ini" = "jwt"): string {
  const folder = machine.env["RUNNER_TEMP"];
  if (!folder)
    throw new Failure("no_temporary_folder", "RUNNER_TEMP is not set.", { cure: "Run this as a step of a job." });
  return join(folder, `countersign-${machine.uuid()}.${ending}`);
}

/** Whether a path that the post step was told is one that `temporaryFile` made: it deletes nothing else. */
export const isTemporaryFile = (machine: Machine, path: string): boolean => {
  const folder = machine.env["RUNNER_TEMP"];
  const name = /countersign-[\w-]{1,64}\.(?:jwt|json|ini)$/.exec(path)?.[0];
  return !!folder && name !== undefined && path === join(folder, name);
};

/** Variables among `names` that are set: some tools take them before what we export. */
export const alsoSet = (machine: Machine, names: readonly string[]): readonly string[] =>
  names.filter((name) => machine.env[name]);
