import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** How slow the world outside is, in milliseconds. */
export interface Latency {
  readonly cloud: number;
  readonly github: number;
}
/** What a server's process did so far. */
export interface Counts {
  /** Answers with a token. */
  readonly released: number;
  /** Of the ledger; 0 at the bare server. */
  readonly commits: number;
  readonly entries: number;
  /** Milliseconds of all threads of the process so far. */
  readonly cpu: number;
  /** In MB, after a collection of garbage. */
  readonly heap: number;
  readonly rss: number;
}
type Order = { readonly set: Latency } | { readonly ask: "counts" };
type Report = { readonly url: string } | { readonly counts: Counts };

/** A server under load, in a process of its own. */
export interface Server {
  readonly url: URL;
  set(latency: Latency): void;
  counts(): Promise<Counts>;
  stop(): Promise<void>;
}

/** `PROFILE=<folder>` writes a CPU profile of each server there. */
export async function startServer(file: string, args: Readonly<Record<string, string>>): Promise<Server> {
  const profile = process.env["PROFILE"];
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(args)], {
    execArgv: [
      "--expose-gc",
      ...(profile ? ["--cpu-prof", "--cpu-prof-dir", profile, "--cpu-prof-name", `${file}.cpuprofile`] : []),
    ],
  });
  const ended = once(child, "exit");
  const lost = ended.then(([code]) => {
    throw new Error(`a server ended with ${String(code)}`);
  });
  // It ends as it is told in the end; what waits for an answer then is told otherwise.
  lost.catch(() => undefined);
  const answer = async (): Promise<unknown> => {
    const [message] = (await Promise.race([once(child, "message"), lost])) as unknown[];
    return message;
  };
  const { url } = (await answer()) as { url: string };
  return {
    url: new URL(url),
    set: (latency) => void child.send({ set: latency } satisfies Order),
    async counts() {
      child.send({ ask: "counts" } satisfies Order);
      return ((await answer()) as { counts: Counts }).counts;
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}

/** The other side of `startServer`: what the process was given, and how it reports. Resolves when it shall end. */
export const given = (): Readonly<Record<string, string>> =>
  JSON.parse(process.argv[2] ?? "{}") as Record<string, string>;

export async function serveUntilTold(
  url: string,
  on: { set(latency: Latency): void; counts(): Omit<Counts, "cpu" | "heap" | "rss"> },
): Promise<void> {
  const report = (message: Report): void => void process.send?.(message);
  process.on("message", (order: Order) => {
    if ("set" in order) return on.set(order.set);
    const { user, system } = process.cpuUsage();
    (globalThis as { gc?: () => void }).gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    report({ counts: { ...on.counts(), cpu: (user + system) / 1000, heap: heapUsed / 2 ** 20, rss: rss / 2 ** 20 } });
  });
  const told = once(process, "disconnect");
  report({ url });
  await told;
}
