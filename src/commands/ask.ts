import { createInterface } from "node:readline/promises";

/** What somebody at the terminal answers; undefined where nobody is there to ask. The question goes to standard error. */
export async function askAtTerminal(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const aborted = new AbortController();
    // Ctrl-C and Ctrl-D are no answer, and no crash.
    lines.once("close", () => aborted.abort());
    return (await lines.question(question, { signal: aborted.signal })).trim();
  } catch {
    return undefined;
  } finally {
    lines.close();
  }
}
