import { cpus, loadavg, totalmem } from "node:os";
import { approval } from "./approval.ts";
import { codeowners } from "./codeowners.ts";
import { exchange } from "./exchange.ts";
import { exchangeGrants } from "./exchange-grants.ts";
import { exchangeGrowth } from "./exchange-growth.ts";
import type { Benchmark, Row } from "./measure.ts";
import { validate } from "./validate.ts";

// `npm run bench [-- name...]`. A benchmark is a file beside this one and a line here.
const benchmarks: Readonly<Record<string, Benchmark>> = {
  codeowners,
  validate,
  approval,
  exchange,
  "exchange-grants": exchangeGrants,
  "exchange-growth": exchangeGrowth,
};
/** Take minutes: only where they are named. */
const long: ReadonlySet<string> = new Set(["exchange-grants", "exchange-growth"]);

const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1);

function line({ what, first, median, ratio, goal }: Row): string {
  const compared = ratio ? `${ratio.value.toPrecision(2)} × "${ratio.to}"` : "";
  return `| ${what} | ${ms(first)} | ${ms(median)} | ${compared} | ${goal ?? ""} |`;
}

const table = (rows: readonly Row[]): string =>
  ["| what | first run, ms | median, ms | ratio | goal |", "| --- | --- | --- | --- | --- |", ...rows.map(line)].join(
    "\n",
  );

function machine(): string {
  const [cpu] = cpus();
  const [load = 0] = loadavg();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpu?.model ?? "?"}, ${cpus().length} cores, ${memory} GiB, Node ${process.versions.node}, load ${load.toFixed(1)}`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(benchmarks, name));
if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(", ")}. There are: ${Object.keys(benchmarks).join(", ")}.`);
  process.exitCode = 2;
} else {
  console.log(`${machine()}\n`);
  for (const [name, run] of Object.entries(benchmarks)) {
    if (wanted.length > 0 ? !wanted.includes(name) : long.has(name)) continue;
    const result = await run();
    console.log(`## ${name}\n\n${typeof result === "string" ? result : table(result)}\n`);
  }
}
