/** What a command may touch of its process, so that tests need none. Files are read with node:fs, from `cwd`. */
export interface Io {
  /** To standard output. */
  readonly out: (text: string) => void;
  /** To standard error: findings, progress and what is wrong with the call. */
  readonly err: (text: string) => void;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** True where standard output is a terminal. */
  readonly tty: boolean;
}

/** Exit code of every command: fine, findings, misuse (DESIGN.md section 6). */
export type ExitCode = 0 | 1 | 2;

/** Whether text for standard output is coloured: a terminal that can, and nobody said no (no-color.org). */
export const colourful = ({ tty, env }: Io): boolean => tty && !env["NO_COLOR"] && env["TERM"] !== "dumb";
