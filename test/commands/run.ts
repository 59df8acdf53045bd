import * as fc from "fast-check";
import { type NewOptions, newRequest } from "../../src/commands/new.ts";
import { init } from "../../src/commands/init.ts";
import type { InitOptions } from "../../src/commands/init/describe.ts";
import type { Io } from "../../src/commands/io.ts";
import { plan, type PlanOptions } from "../../src/commands/plan.ts";
import { targets, type TargetsOptions } from "../../src/commands/targets.ts";
import { type ValidateOptions, validate } from "../../src/commands/validate.ts";
import type { Run } from "./access-repo.ts";
import { fakeIo } from "./fake-io.ts";

/** Exit code and output of a command that runs in `cwd`. */
async function running(cwd: string, more: Partial<Io>, command: (io: Io) => Promise<number>): Promise<Run> {
  const { io, printed } = fakeIo(cwd, more);
  const code = await command(io);
  return { code, ...printed };
}

/** The commands, each as a process in `cwd` would be. */
export const commandsIn = (cwd: string, more: Partial<Io> = {}) => ({
  init: (dir: string, options: InitOptions = {}) => running(cwd, more, (io) => init(dir, options, io)),
  plan: (file: string, options: PlanOptions = {}) => running(cwd, more, (io) => plan(file, options, io)),
  targets: (name?: string, options: TargetsOptions = {}) => running(cwd, more, (io) => targets(name, options, io)),
  new: (role?: string, options: Partial<NewOptions> = {}) =>
    running(cwd, more, (io) => newRequest(role, { draft: {}, ...options }, io)),
  validate: (options: Partial<ValidateOptions> = {}) =>
    running(cwd, more, (io) => validate({ files: [], ...options }, io)),
});

/** What a terminal acts on or hides: nothing of it may stand in what a command prints, but for the ends of lines. */
export const acts = /[^\n\P{C}]|[\u2028\u2029]/u;

/** Any text at all: control characters, halves of pairs, nothing. */
export const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units));
