import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { sql } from "kysely";
import { afterEach, expect, it } from "vitest";
import { openStore } from "../../src/store/index.ts";
import { freshDatabase } from "../helpers/stores.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A way to the database that can go silent, as after a fail-over: nothing comes back, and nothing says that the connection is gone. */
async function wayTo(url: string) {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const opened: { silent: boolean }[] = [];
  const server = createServer((near) => {
    const way = { silent: false };
    opened.push(way);
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (data) => void (way.silent || to.write(data)));
      from.on("error", () => undefined).on("close", () => void (way.silent || to.destroy()));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const through = new URL(url);
  through.hostname = "127.0.0.1";
  through.port = String((server.address() as AddressInfo).port);
  return { url: through, opened };
}

it("C46: a connection that went silent is given up with its statement, and the next one gets another", async () => {
  const { url, drop } = await freshDatabase();
  cleanups.push(drop);
  const way = await wayTo(url);
  // What the pool is given anyway, but sooner.
  way.url.searchParams.set("query_timeout", "500");
  const { db, close } = await openStore({ databaseUrl: way.url.href });
  cleanups.push(close);
  const ask = () => sql<{ n: number }>`select 1 as n`.execute(db);
  expect((await ask()).rows).toEqual([{ n: 1 }]);

  for (const one of way.opened) one.silent = true;
  await expect(ask()).rejects.toThrow(/timeout/);
  expect((await ask()).rows).toEqual([{ n: 1 }]);

  for (const one of way.opened) one.silent = true;
  const transaction = db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx);
  });
  await expect(transaction).rejects.toThrow(/timeout|terminated|closed/i);
  expect((await ask()).rows).toEqual([{ n: 1 }]);
});
