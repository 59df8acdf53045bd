import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "../../src/store/folder-lock.ts";
import { migrate, openStore } from "../../src/store/index.ts";

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "countersign-lock-"));
  lock = join(folder, "pglite.lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lockedBy = (pid: number, host = hostname(), started: string | null = null): void =>
  writeFileSync(lock, JSON.stringify({ pid, host, started }));

describe("the lock of the embedded database", () => {
  it("is held once, outside the database's folder, and gone after release", () => {
    const held = lockFolder(folder, "pglite.lock");
    expect(() => lockFolder(folder, "pglite.lock")).toThrow(/DATABASE_URL/);
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: process.pid });
    held.release();
    expect(existsSync(lock)).toBe(false);
    lockFolder(folder, "pglite.lock").release();
  });

  it("of a dead process is reaped", async () => {
    const child = spawn(process.execPath, ["-e", "0"]);
    await once(child, "exit");
    lockedBy(child.pid ?? 0);
    lockFolder(folder, "pglite.lock").release();
  });

  it("of an earlier process with our pid is reaped: in a container we are pid 1 every time", () => {
    lockedBy(process.pid);
    lockFolder(folder, "pglite.lock").release();
  });

  it.runIf(process.platform === "linux")("of a pid that a later process got is reaped", () => {
    lockedBy(process.ppid, hostname(), "1");
    lockFolder(folder, "pglite.lock").release();
  });

  it("of a live process, of another host, or that cannot be read, is never reaped", () => {
    lockedBy(process.ppid);
    expect(() => lockFolder(folder, "pglite.lock")).toThrow(`Process ${process.ppid}`);
    lockedBy(4_000_000, "another-host");
    expect(() => lockFolder(folder, "pglite.lock")).toThrow("another-host");
    writeFileSync(lock, "");
    expect(() => lockFolder(folder, "pglite.lock")).toThrow("Another process");
  });

  it("lets one server open a folder, and the next one after it closed, with the data still there", async () => {
    const store = await openStore({ dataDir: folder });
    await migrate(store.db);
    await store.db
      .insertInto("lease")
      .values({ name: "kept", token: "t", until: new Date(0) })
      .execute();
    await expect(openStore({ dataDir: folder })).rejects.toMatchObject({ code: "store_locked" });
    await store.close();
    const again = await openStore({ dataDir: folder });
    expect(await again.db.selectFrom("lease").select("name").execute()).toEqual([{ name: "kept" }]);
    await again.close();
  }, 120_000); // initdb in WebAssembly: 2 s, and far more on a busy machine
});
