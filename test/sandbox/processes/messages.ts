/** One process to run to its end. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string | Buffer;
}
export interface Finished {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** What the two processes tell each other; `failed` is why the command could not start. */
export interface Asked extends Command {
  readonly id: number;
}
export type Told = ({ readonly id: number } & Finished) | { readonly id: number; readonly failed: string };
