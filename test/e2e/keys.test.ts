import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { verifyClone } from "../../src/audit/index.ts";
import type { App } from "../../src/app.ts";
import { keysList } from "../../src/commands/keys-list.ts";
import { keysRevoke } from "../../src/commands/keys-revoke.ts";
import { keysRotate } from "../../src/commands/keys-rotate.ts";
import { openStore } from "../../src/store/index.ts";
import { fakeIo } from "../commands/fake-io.ts";
import { freshDatabase } from "../helpers/stores.ts";
import { git } from "../sandbox/players.ts";
import { accessRepo, type Outside, startOutside, startServer } from "../sandbox/world.ts";

let outside: Outside;
let [a, b]: App[] = [];
let [dir, drop] = ["", async () => {}];
const lines: string[] = [];

/** Another replica: the same environment but where it listens and keeps its socket. */
const replica = (env: Readonly<Record<string, string>> = {}): Promise<App> =>
  startServer(
    { ...outside, env: { ...outside.env, PORT: "0", DATA_DIR: path.join(dir, "b"), ...env } },
    pino({ level: "info" }, { write: (line) => void lines.push(line) }),
  );

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "keys-"));
  const database = await freshDatabase();
  drop = database.drop;
  outside = await startOutside({ dir, databaseUrl: database.url });
  a = await startServer(outside);
  b = await replica();
  await a.idle();
  await b.idle();
});
afterAll(async () => {
  await b?.close();
  await a?.close();
  await outside.close();
  await drop();
  await rm(dir, { recursive: true, force: true });
});

/** A command at one replica's socket, with `--json`. */
async function command<T extends unknown[]>(
  run: (...args: [...T, { json: true; yes: true }, Parameters<typeof keysList>[1]]) => Promise<number>,
  at: App | undefined,
  ...args: T
): Promise<Record<string, unknown>> {
  const { io, printed } = fakeIo(dir, { env: { DATA_DIR: path.dirname(at?.adminSocket ?? "/nowhere") } });
  const nobody = { io, ask: async () => undefined, stdin: async () => "", offline: async () => "offline" };
  expect(await run(...args, { json: true, yes: true }, nobody)).toBe(0);
  return JSON.parse(printed.out) as Record<string, unknown>;
}
const shape = z.object({ keys: z.array(z.object({ kid: z.string() })) });
const published = async (at: App | undefined): Promise<string[]> => {
  const response = await fetch(`${at?.url ?? ""}/.well-known/jwks.json`);
  return shape.parse(await response.json()).keys.map((key) => key.kid);
};

test("what one replica was told at its socket is published by every replica within five seconds", async () => {
  const [old] = await published(a);
  const { kid } = await command(keysRotate, b, "issuer");
  outside.clock.skip(5);
  expect(await published(a)).toEqual([kid, old]);
  await command(keysRevoke, a, String(old));
  outside.clock.skip(5);
  expect(await published(b)).toEqual([kid]);
  expect(JSON.parse(lines.find((line) => line.includes('"admin":"keys_rotate"')) ?? "{}")).toMatchObject({
    msg: "admin command",
    purpose: "issuer",
  });
});

test("key set and discovery answer while the database is down", async () => {
  const before = await published(a);
  const store = await openStore({ databaseUrl: String(outside.env["DATABASE_URL"]) });
  await store.db.schema.alterTable("signing_key").renameTo("gone").execute();
  try {
    outside.clock.skip(60);
    expect(await published(a)).toEqual(before);
    const discovery = await fetch(`${a?.url ?? ""}/.well-known/openid-configuration`);
    expect(await discovery.json()).toMatchObject({ issuer: outside.env["PUBLIC_URL"] });
  } finally {
    await store.db.schema.alterTable("gone").renameTo("signing_key").execute();
    await store.close();
  }
});

test("a rotated ledger key takes over by an entry, and an auditor with the old public key follows", async () => {
  const old = a?.ledgerPublicKey ?? "";
  await b?.flush(); // what waits for company in a batch
  // Which ledgers the command itself handed over is not said here: a sweep of the other server may have been quicker.
  expect(await command(keysRotate, b, "ledger")).toMatchObject({ ok: true, purpose: "ledger" });
  await b?.idle();
  const clone = path.join(dir, "clone");
  const { cloneUrl } = outside.github.repository(accessRepo);
  await git(dir, "clone", "--quiet", cloneUrl, clone);
  const message = await git(clone, "log", "-1", "--format=%s", "origin/countersign-ledger");
  expect(message.trim()).toBe("Record 1 entry: key_rotated");
  expect(await verifyClone(clone, { keys: [old] })).toMatchObject({ ok: true });
  const { keys } = await command(keysList, a);
  expect(keys).toMatchObject([
    { purpose: "issuer", state: "revoked" },
    { purpose: "issuer", state: "active" },
    { purpose: "ledger", state: "retired" },
    { purpose: "ledger", state: "active", ledgers: [accessRepo] },
  ]);
});

test("a second server with the same DATA_DIR is refused, and the first keeps its socket", async () => {
  await expect(replica()).rejects.toMatchObject({ code: "admin_socket_in_use" });
  await command(keysList, b);
});

test("a wrong sealing key refuses to start, and names the ways on", async () => {
  const env = { SEALING_KEY: Buffer.from("another key of thirty-two bytes.").toString("base64") };
  const refused = replica({ ...env, DATA_DIR: path.join(dir, "c") });
  await expect(refused).rejects.toMatchObject({ code: "sealing_key_wrong" });
  await expect(refused).rejects.toThrow(/SEALING_KEY_OLD.*keys import FILE.*--drop-unreadable/);
  expect(existsSync(path.join(dir, "c", "countersign.sock"))).toBe(false);
});

test("a server that stops takes its socket away", async () => {
  const third = await replica({ DATA_DIR: path.join(dir, "d") });
  expect(existsSync(third.adminSocket ?? "")).toBe(true);
  await third.close();
  expect(existsSync(third.adminSocket ?? "")).toBe(false);
});

test("where the path is too long for a socket the server runs without one and says so", async () => {
  const deep = path.join(dir, "x".repeat(100));
  const third = await replica({ DATA_DIR: deep });
  expect(third.adminSocket).toBeNull();
  expect((await fetch(`${third.url}/healthz`)).status).toBe(200);
  expect(lines.join("")).toContain("choose a shorter DATA_DIR");
  await third.close();
});
