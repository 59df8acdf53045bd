import { EOL } from "node:os";
import { oneLine } from "../../src/base/text.ts";

/** What the Action needs of its machine. Passed in, so that tests see every byte that leaves. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Standard output, where the runner reads workflow commands. */
  readonly print: (text: string) => void;
  readonly appendFile: (path: string, text: string) => void;
  /** A new file that only this user may read. */
  readonly writePrivateFile: (path: string, text: string) => void;
  /** One that is not there is fine. */
  readonly removeFile: (path: string) => void;
  /** Milliseconds of a clock that only goes forward. */
  readonly elapsed: () => number;
  readonly wallClock: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** [0, 1), for the jitter of retries. */
  readonly random: () => number;
  /** The program that runs this: Node of the runner, which later steps find nowhere else. */
  readonly node: string;
  /** Path of one of the Action's own built programs. */
  readonly script: (name: string) => string;
  /** Unpredictable: a delimiter that a value could guess would let it write a variable of its own. */
  readonly uuid: () => string;
}

type CommandFile = "GITHUB_ENV" | "GITHUB_OUTPUT" | "GITHUB_STATE";

/** A percent sign first, else the other escapes would be escaped again. Source: actions/toolkit command.ts. */
const escapeData = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

/**
 * A line for the log. The runner takes `::` at the start of a line and `##[` anywhere in it for a command, so text of
 * others must hold neither.
 */
const harmless = (text: string): string => oneLine(text, 2000).replace(/##\[/g, "# #[").replace(/^::/, ": :");

/**
 * The runner's documented workflow commands and command files. `@actions/core` speaks the same, with 800 kB of HTTP
 * client around it; these forty lines start faster and can be read before they are trusted.
 */
export class Runner {
  readonly #machine: Machine;
  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Must come before anything that could show the value: a mask applies only to lines after it. */
  mask(secret: string): void {
    if (secret !== "") this.#machine.print(`::add-mask::${escapeData(secret)}${EOL}`);
  }

  info(text: string): void {
    this.#machine.print(`${harmless(text)}${EOL}`);
  }

  /** Lines become one annotation; each is cleaned on its own. */
  error(lines: readonly string[]): void {
    this.#machine.print(`::error title=Countersign::${escapeData(lines.map(harmless).join("\n"))}${EOL}`);
  }

  warning(text: string): void {
    this.#machine.print(`::warning title=Countersign::${escapeData(harmless(text))}${EOL}`);
  }

  exportVariable(name: string, value: string): void {
    this.#append("GITHUB_ENV", name, value);
  }

  setOutput(name: string, value: string): void {
    this.#append("GITHUB_OUTPUT", name, value);
  }

  saveState(name: string, value: string): void {
    this.#append("GITHUB_STATE", name, value);
  }

  summary(markdown: string): void {
    const path = this.#machine.env["GITHUB_STEP_SUMMARY"];
    if (path) this.#machine.appendFile(path, markdown); // absent on old GHES: nothing is lost
  }

  #append(file: CommandFile, name: string, value: string): void {
    const path = this.#machine.env[file];
    if (!path)
      throw new Error(`${file} is not set. This runs as a step of GitHub Actions, on runner 2.327.1 or newer.`);
    const delimiter = `ghadelimiter_${this.#machine.uuid()}`;
    if (name.includes(delimiter) || value.includes(delimiter)) throw new Error("A value holds its own delimiter.");
    this.#machine.appendFile(path, `${name}<<${delimiter}${EOL}${value}${EOL}${delimiter}${EOL}`);
  }
}
