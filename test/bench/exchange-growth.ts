import { load } from "./exchange/load.ts";
import { bodies, withBench } from "./exchange/servers.ts";

const warmUp = 10_000;
const part = 25_000;
const parts = 4;

/** Memory of the server's process after each part of 100 000 exchanges, garbage collected. */
export async function exchangeGrowth(): Promise<string> {
  return withBench(async (bench) => {
    const { url } = await bench.database("bench");
    const server = await bench.start("ours.ts", url);
    const lines: string[] = [];
    for (let i = 0; i <= parts; i++) {
      // In pieces: a token is good for fifteen minutes, and a hundred thousand take the sender's memory.
      const count = i === 0 ? warmUp : part;
      for (let sent = 0; sent < count; sent += 5000) await load(server.url, await bodies(bench.issuer, 5000), 128);
      const { heap, rss } = await server.counts();
      lines.push(
        `| ${warmUp + i * part} | ${heap.toFixed(1)} | ${rss.toFixed(0)} | ${i === parts ? "no growth" : ""} |`,
      );
    }
    return `| exchanges so far | heap, MB | resident, MB | goal |\n| --- | --- | --- | --- |\n${lines.join("\n")}`;
  });
}
