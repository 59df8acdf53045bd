import { count, grouped } from "./report.ts";

/** How often the line is written again. */
const every = 200;

/** A line on a terminal that counts, and is gone at the end. `write` undefined: nothing is shown. */
export function progressLine(write: ((text: string) => void) | undefined, total: number) {
  let shown = false;
  return {
    step(done: number): void {
      if (write === undefined || total < every || done % every !== 0) return;
      shown = true;
      write(`\r\u001b[KChecked ${grouped(done)} of ${count(total, "request")}`);
    },
    end(): void {
      if (shown) write?.("\r\u001b[K");
    },
  };
}
