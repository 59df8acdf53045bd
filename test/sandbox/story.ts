/** A step did not hold; it was printed already. */
export class StepFailed extends Error {}

interface Told<T> {
  readonly value: T;
  readonly detail: string;
}

/** Tells a story step by step, for people or as one JSON object per line. Times are whole milliseconds. */
export class Story {
  readonly #json: boolean;
  readonly #print: (line: string) => void;
  #total = 0;

  constructor(json: boolean, print: (line: string) => void) {
    this.#json = json;
    this.#print = print;
  }

  /** Does one step; prints that it held and why that matters, or that it did not and stops the story. @throws StepFailed */
  async step<T>(name: string, why: string, act: () => Promise<Told<T>>): Promise<T> {
    const start = performance.now();
    try {
      const { value, detail } = await act();
      this.#tell(name, true, performance.now() - start, detail, why);
      return value;
    } catch (error) {
      this.#tell(name, false, performance.now() - start, error instanceof Error ? error.message : String(error), why);
      throw new StepFailed(name, { cause: error });
    }
  }

  /** A word beside the steps; on standard error where the output is for machines. */
  note(text: string): void {
    if (this.#json) process.stderr.write(`${text}\n`);
    else this.#print(`\n${text}`);
  }

  #tell(step: string, ok: boolean, time: number, detail: string, why: string): void {
    const ms = Math.round(time);
    this.#total += ms;
    if (this.#json) {
      this.#print(JSON.stringify({ step, ok, ms, detail }));
      return;
    }
    const indented = detail
      .split("\n")
      .map((line) => `    ${line}`)
      .join("\n");
    this.#print(
      `${ok ? "✓" : "✗"} ${step}  (${ms} ms, ${(this.#total / 1000).toFixed(1)} s)\n    ${why}\n${indented}\n`,
    );
  }
}

/** @throws Error with the message where the condition does not hold: a step must not only print. */
export function must(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
