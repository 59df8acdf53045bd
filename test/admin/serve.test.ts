import { existsSync, lstatSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adminSocketPath, callAdmin, serveAdmin, socketPathProblem } from "../../src/admin/index.ts";
import { CountersignError } from "../../src/base/errors.ts";
import { fakeHandlers, folder, keptLog, kid, raw } from "./world.ts";

/** What a killed process leaves: a socket at which nobody listens. */
async function deadSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.x`, resolve));
  renameSync(`${path}.x`, path);
  await new Promise((resolve) => server.close(resolve));
}

const start = async (options: Partial<Parameters<typeof serveAdmin>[0]> = {}) => {
  const { log, lines } = keptLog();
  const { handlers, asked } = fakeHandlers();
  const admin = await serveAdmin({ path: adminSocketPath(folder()), handlers, log, ...options });
  return { admin, path: admin.path, lines, asked, [Symbol.asyncDispose]: () => admin.close() };
};

describe("the admin socket", () => {
  it("is open to its owner only, from the moment it is there", async () => {
    const dir = folder();
    const before = process.umask(0o000);
    try {
      await using server = await start({ path: adminSocketPath(join(dir, "data")) });
      expect(lstatSync(server.path).mode & 0o777).toBe(0o600);
      expect(lstatSync(join(dir, "data")).mode & 0o777).toBe(0o700);
      expect(process.umask(0o000)).toBe(0o000);
    } finally {
      process.umask(before);
    }
  });

  it("does a command and has it in the log before and after, by whom it is said to come", async () => {
    await using server = await start();
    const reply = await callAdmin(server.path, "keys_revoke", { kid });
    expect(reply).toEqual({ ok: true, result: { purpose: "issuer", kid, already: false, signs: null } });
    expect(server.asked).toEqual([["keys_revoke", { kid }]]);
    expect(server.lines).toMatchObject([
      {
        level: "warn",
        time: expect.any(Number) as unknown,
        admin: "keys_revoke",
        kid,
        number: 1,
        msg: "admin command",
      },
      { level: "info", admin: "keys_revoke", number: 1, msg: "admin command done" },
    ]);
    await raw(server.path, '{"v":1,"command":"keys_list","params":{},"as":"alice"}\n');
    expect(server.lines[2]).toMatchObject({ admin: "keys_list", saidToBe: "alice" });
  });

  it("C62 has no text of a client in the log, and no key", async () => {
    await using server = await start();
    const secret = { v: 1, keys: [{ private_key: "hunter2" }] };
    await callAdmin(server.path, "keys_import", { export: secret, dry_run: false, drop_unreadable: true });
    for (const line of [
      '{"v":1,"command":"hunter2","params":{}}',
      '{"v":1,"command":"keys_revoke","params":{"kid":"hunter2\\u001b[2J"}}',
      '{"v":1,"command":"keys_list","params":{},"as":"hunter2\\nfaked line"}',
      '{"v":1,"command":"keys_list","params":{"hunter2":1}}',
    ])
      expect(JSON.parse(await raw(server.path, `${line}\n`))).toMatchObject({ ok: false, code: "bad_request" });
    expect(server.lines[0]).toMatchObject({ admin: "keys_import", dry_run: false, drop_unreadable: true });
    expect(JSON.stringify(server.lines)).not.toContain("hunter2");
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "keys list\n"],
    ["another version", '{"v":2,"command":"keys_list","params":{}}\n'],
    ["a name that every object has", '{"v":1,"command":"constructor","params":{}}\n'],
    ["__proto__", '{"v":1,"command":"__proto__","params":{}}\n'],
    ["a member too many", '{"v":1,"command":"keys_list","params":{},"uid":0}\n'],
    ["no parameters", '{"v":1,"command":"keys_revoke","params":null}\n'],
    ["another purpose", '{"v":1,"command":"keys_rotate","params":{"purpose":"root"}}\n'],
    ["JSON that is deep", `${"[".repeat(100_000)}\n`],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00, 0x0a])],
  ])("does nothing for %s", async (_name, bytes) => {
    await using server = await start();
    const answer = connectAndEnd(server.path, bytes);
    expect((await answer) === "" || (JSON.parse(await answer) as { ok: boolean }).ok === false).toBe(true);
    expect(server.asked).toEqual([]);
    expect((await callAdmin(server.path, "keys_list", {})).ok).toBe(true);
  });

  it("hangs up on a line that has no end", async () => {
    await using server = await start();
    expect(await raw(server.path, Buffer.alloc(9 * 1024 * 1024, 0x61))).toBe("");
    expect((await callAdmin(server.path, "keys_list", {})).ok).toBe(true);
  });

  it("tells an operator what is wrong, and of what it does not know nothing but where to look", async () => {
    const failing = fakeHandlers({
      keys_revoke: async () => Promise.reject(new CountersignError("no_such_key", "There is no such key.")),
      keys_list: async () => Promise.reject(new Error("connect to postgres://u:hunter2@db failed")),
    });
    await using server = await start({ handlers: failing.handlers });
    expect(await callAdmin(server.path, "keys_revoke", { kid })).toEqual({
      ok: false,
      code: "no_such_key",
      message: "There is no such key.",
    });
    const unknown = await callAdmin(server.path, "keys_list", {});
    expect(unknown).toMatchObject({ ok: false, code: "server_error" });
    expect(JSON.stringify(unknown)).not.toContain("hunter2");
    expect(server.lines.filter((line) => line.level === "error")).toHaveLength(2);
  });

  it("finishes a command whose client went away, and those that run when it closes", async () => {
    const [begun, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let done = 0;
    const slow = fakeHandlers({
      keys_list: async () => {
        begun.resolve();
        await release.promise;
        done++;
        return { keys: [] };
      },
    });
    const server = await start({ handlers: slow.handlers });
    const client = connect(server.path);
    client.write('{"v":1,"command":"keys_list","params":{}}\n');
    await begun.promise;
    client.destroy();
    const waiting = callAdmin(server.path, "keys_list", {});
    await expect.poll(() => server.lines.length).toBe(2);
    const silent = connect(server.path).on("error", () => undefined);
    await new Promise((resolve) => silent.once("connect", resolve));
    const closed = server.admin.close();
    release.resolve();
    await closed;
    expect(done).toBe(2);
    expect((await waiting).ok).toBe(true);
    expect(existsSync(server.path)).toBe(false);
  });

  it("replaces the socket of a dead process, and refuses to be the second of a live one", async () => {
    const path = adminSocketPath(folder());
    await deadSocket(path);
    // And of one that died while it replaced another.
    writeFileSync(`${path}.replacing`, "");
    utimesSync(`${path}.replacing`, 0, 0);
    await using server = await start({ path });
    expect((await callAdmin(path, "keys_list", {})).ok).toBe(true);
    expect(existsSync(`${path}.replacing`)).toBe(false);
    await expect(start({ path })).rejects.toMatchObject({ code: "admin_socket_in_use" });
    expect((await callAdmin(server.path, "keys_list", {})).ok).toBe(true);
  });

  it("has one winner where several start at once over a dead socket", async () => {
    for (let round = 0; round < 5; round++) {
      const path = adminSocketPath(folder());
      await deadSocket(path);
      const started = await Promise.allSettled(Array.from({ length: 5 }, () => start({ path })));
      const won = started.filter((each) => each.status === "fulfilled");
      expect(won).toHaveLength(1);
      expect((await callAdmin(path, "keys_list", {})).ok).toBe(true);
      await won[0]?.value.admin.close();
    }
  });

  it.each([
    ["a file", (path: string) => writeFileSync(path, "precious")],
    ["a folder", (path: string) => mkdirSync(path)],
    ["a link", (path: string) => symlinkSync("/nowhere", path)],
  ])("does not replace %s that is in its place", async (_name, make) => {
    const path = adminSocketPath(folder());
    make(path);
    const { ino } = lstatSync(path);
    await expect(start({ path })).rejects.toMatchObject({ code: "admin_socket_in_use" });
    expect(lstatSync(path).ino).toBe(ino);
    expect(await callAdmin(path, "keys_list", {})).toMatchObject({ ok: false, code: "not_trusted" });
  });

  it("leaves the socket of another server that took its place", async () => {
    const path = adminSocketPath(folder());
    const first = await start({ path });
    renameSync(path, `${path}.away`);
    await using second = await start({ path });
    await first.admin.close();
    expect((await callAdmin(second.path, "keys_list", {})).ok).toBe(true);
  });

  it("says which paths are too long, by bytes, and that Windows has none", () => {
    const path = (bytes: number) => `/${"é".repeat(40)}${"a".repeat(bytes - 81)}`;
    expect(socketPathProblem(path(107), "linux")).toBeUndefined();
    expect(socketPathProblem(path(108), "linux")).toContain("choose a shorter DATA_DIR");
    expect(socketPathProblem(path(103), "darwin")).toBeUndefined();
    expect(socketPathProblem(path(104), "darwin")).toContain("at most 103");
    expect(socketPathProblem("C:\\data\\countersign.sock", "win32")).toContain("this platform");
  });

  it("can have the longest path that is called fine", async () => {
    const dir = folder();
    const path = `${dir}/${"a".repeat(107 - dir.length - 1)}`;
    expect(socketPathProblem(path, "linux")).toBeUndefined();
    if (process.platform !== "linux") return;
    await using server = await start({ path });
    expect((await callAdmin(server.path, "keys_list", {})).ok).toBe(true);
  });
});

describe("a client of the admin socket", () => {
  it("says that nobody is there: no socket, a dead one, a path that cannot be one", async () => {
    const path = adminSocketPath(folder());
    expect(await callAdmin(path, "keys_list", {})).toMatchObject({ ok: false, code: "no_server" });
    await deadSocket(path);
    expect(await callAdmin(path, "keys_list", {})).toMatchObject({ ok: false, code: "no_server" });
    expect(await callAdmin(`/${"a".repeat(200)}`, "keys_list", {})).toMatchObject({ ok: false, code: "no_socket" });
  });

  it.each([
    ["says nothing", ""],
    ["answers half", '{"ok":true,"result":{"keys"'],
    ["answers something else", "hello\n"],
    ["answers in another form", '{"ok":true,"result":{"keys":[{"kid":1}]}}\n'],
  ])("believes no server that %s", async (_name, answer) => {
    const path = adminSocketPath(folder());
    const server = createServer((socket) => socket.resume().end(answer));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const reply = await callAdmin(path, "keys_list", {});
    expect(reply).toMatchObject({ ok: false, code: expect.stringMatching(/no_answer|other_version/) as unknown });
    await new Promise((resolve) => server.close(resolve));
  });

  it("gives no key to a socket of another user", async () => {
    if (process.getuid?.() !== 0) return; // only root can give a file away
    const { chownSync } = await import("node:fs");
    await using server = await start();
    chownSync(server.path, 12_345, 12_345);
    const reply = await callAdmin(server.path, "keys_import", { export: {}, dry_run: true, drop_unreadable: false });
    expect(reply).toMatchObject({ ok: false, code: "not_trusted" });
    expect(server.asked).toEqual([]);
  });
});

/** Writes, and says that no more comes. */
async function connectAndEnd(path: string, bytes: string | Buffer): Promise<string> {
  const socket = connect(path).on("error", () => undefined);
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  socket.end(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(chunks).toString();
}
