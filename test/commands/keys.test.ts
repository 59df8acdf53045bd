import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type AdminHandlers, type AdminResult, adminSocketPath, serveAdmin } from "../../src/admin/index.ts";
import { keysCommand } from "../../src/commands/keys.ts";
import type { KeysDeps, OfflineKeys } from "../../src/commands/keys-backend.ts";
import { keysExport } from "../../src/commands/keys-export.ts";
import { keysImport } from "../../src/commands/keys-import.ts";
import { keysList } from "../../src/commands/keys-list.ts";
import { keysRevoke } from "../../src/commands/keys-revoke.ts";
import { keysRotate } from "../../src/commands/keys-rotate.ts";
import { CountersignError } from "../../src/base/errors.ts";
import { fakeHandlers, folder, keptLog, kid } from "../admin/world.ts";
import { fakeIo } from "./fake-io.ts";

type Key = AdminResult<"keys_list">["keys"][number];
const key = (more: Partial<Key> = {}): Key => ({
  purpose: "issuer",
  kid,
  state: "active",
  created_at: "2026-11-23T09:00:00Z",
  active_from: "2026-11-23T09:00:00Z",
  retired_at: null,
  public_key: null,
  opens: true,
  ledgers: [],
  ...more,
});

/** A command beside a running server whose handlers are given; or, with `offline`, beside none. */
async function world(
  more: Partial<AdminHandlers> = {},
  options: { answer?: string; offline?: OfflineKeys | string } = {},
) {
  const dir = folder();
  const { handlers, asked } = fakeHandlers(more);
  const { io, printed } = fakeIo(dir, { env: { DATA_DIR: dir } });
  const questions: string[] = [];
  const deps: KeysDeps = {
    io,
    ask: async (question) => {
      questions.push(question);
      return options.answer;
    },
    stdin: async () => '{"v":1,"keys":[]}',
    offline: async () => options.offline ?? "Nothing is opened here.",
  };
  const server =
    options.offline === undefined
      ? await serveAdmin({ path: adminSocketPath(dir), handlers, log: keptLog().log })
      : undefined;
  return {
    dir,
    deps,
    asked,
    printed,
    questions,
    json: () => JSON.parse(printed.out) as Record<string, unknown>,
    [Symbol.asyncDispose]: async () => server?.close(),
  };
}
const listing = (...keys: Key[]): Partial<AdminHandlers> => ({ keys_list: async () => ({ keys }) });

describe("countersign keys list", () => {
  test("shows purpose, id, state and times, and the ledgers with their public key", async () => {
    const all = [
      key(),
      key({ kid: "U".repeat(43), state: "upcoming", active_from: "2026-11-24T09:00:00Z" }),
      key({ kid: "R".repeat(43), state: "revoked", retired_at: "2026-11-22T09:00:00Z" }),
      key({ kid: "O".repeat(43), purpose: "ledger", state: "retired" }),
      key({ kid: "P".repeat(43), purpose: "ledger", state: "retiring", ledgers: ["acme/old"] }),
      key({ kid: "L".repeat(43), purpose: "ledger", ledgers: ["acme/access"], public_key: "MCowBQ" }),
    ];
    await using w = await world(listing(...all));
    expect(await keysList({}, w.deps)).toBe(0);
    expect(w.printed.out.split("\n")).toEqual([
      `issuer  ${kid}  active    signs since 2026-11-23T09:00:00Z`,
      `issuer  ${"U".repeat(43)}  upcoming  published, signs from 2026-11-24T09:00:00Z`,
      `issuer  ${"R".repeat(43)}  revoked   revoked 2026-11-22T09:00:00Z`,
      `ledger  ${"O".repeat(43)}  retired   signed from 2026-11-23T09:00:00Z on, verifies`,
      `ledger  ${"P".repeat(43)}  retiring  signs since 2026-11-23T09:00:00Z, until its ledgers are handed over`,
      "        signs the ledger of acme/old",
      `ledger  ${"L".repeat(43)}  active    signs since 2026-11-23T09:00:00Z`,
      "        signs the ledger of acme/access",
      "        public key MCowBQ",
      "",
    ]);
  });

  test("prints one JSON object, and ends with 1 where a key does not open", async () => {
    await using w = await world(listing(key({ opens: false })));
    expect(await keysList({ json: true }, w.deps)).toBe(1);
    expect(w.json()).toEqual({ ok: true, keys: [key({ opens: false })] });
  });

  test("C62 shows no escape sequence of a repository's name", async () => {
    await using w = await world(listing(key({ purpose: "ledger", ledgers: ["acme/\u001b[2Jx"] })));
    await keysList({}, w.deps);
    expect(w.printed.out).not.toContain("\u001b");
  });
});

describe("without a running server", () => {
  test("it works on the database, says so, and closes it", async () => {
    let closed = 0;
    const { handlers } = fakeHandlers(listing(key()));
    const offline = { handlers, about: "the embedded database in ./data", close: async () => void closed++ };
    await using w = await world({}, { offline });
    expect(await keysList({}, w.deps)).toBe(0);
    expect(w.printed.out).toContain(kid);
    expect(w.printed.err).toContain("There is no socket");
    expect(w.printed.err).toContain("the embedded database in ./data");
    expect(closed).toBe(1);
  });

  test("it says how, where the database may not be opened", async () => {
    await using w = await world({}, { offline: "Run this where a server runs." });
    expect(await keysRotate("issuer", { json: true }, w.deps)).toBe(1);
    expect(w.json()).toMatchObject({
      ok: false,
      code: "no_server",
      message: expect.stringContaining("Run this where") as unknown,
    });
  });

  test("it does not touch the database where a server is there and refuses", async () => {
    await using w = await world({
      keys_rotate: async () => Promise.reject(new CountersignError("rotation_pending", "A rotation is under way.")),
    });
    const deps = { ...w.deps, offline: async () => Promise.reject(new Error("opened")) };
    expect(await keysRotate("issuer", {}, deps)).toBe(1);
    expect(w.printed.err).toBe("A rotation is under way.\n");
  });
});

describe("countersign keys rotate", () => {
  test("says from when the new key signs", async () => {
    await using w = await world();
    expect(await keysRotate("issuer", {}, w.deps)).toBe(0);
    expect(w.asked).toEqual([["keys_rotate", { purpose: "issuer" }]]);
    expect(w.printed.out).toContain("signs from 2026-11-24T09:00:00Z");
  });
  test("takes no other purpose", async () => {
    await using w = await world();
    expect(await keysRotate("sealing", {}, w.deps)).toBe(2);
    expect(w.asked).toEqual([]);
  });
});

describe("countersign keys revoke", () => {
  test("says what stops working, and revokes when the id was typed", async () => {
    await using w = await world(listing(key()), { answer: kid });
    expect(await keysRevoke(kid, {}, w.deps)).toBe(0);
    expect(w.printed.err).toMatch(/Another key signs.*within 5 seconds.*remove the trust/s);
    expect(w.questions).toEqual(["To revoke it for good, type its id: "]);
    expect(w.asked).toEqual([["keys_revoke", { kid }]]);
  });

  test.each([
    ["yes", 1],
    ["", 1],
    [kid.slice(1), 1],
    [undefined, 2],
  ])("does nothing for the answer %j", async (answer, code) => {
    await using w = await world(listing(key()), answer === undefined ? {} : { answer });
    expect(await keysRevoke(kid, {}, w.deps)).toBe(code);
    expect(w.asked).toEqual([]);
  });

  test("asks nothing with --yes, nor for a key that is revoked already", async () => {
    await using w = await world(listing(key()));
    expect(await keysRevoke(kid, { yes: true, json: true }, w.deps)).toBe(0);
    expect(w.json()).toEqual({ ok: true, kid, purpose: "issuer", already: false, signs: null });
    await using again = await world(listing(key({ state: "revoked" })));
    expect(await keysRevoke(kid, {}, again.deps)).toBe(0);
    expect([...w.questions, ...again.questions]).toEqual([]);
  });

  test("knows what is no id, and which ids there are not", async () => {
    await using w = await world(listing());
    expect(await keysRevoke("../etc", { yes: true }, w.deps)).toBe(2);
    expect(await keysRevoke(kid, { yes: true }, w.deps)).toBe(1);
    expect(w.asked).toEqual([]);
  });
});

describe("countersign keys export", () => {
  const exporting = { keys_export: async () => ({ export: { v: 1, keys: [{ private_key: "hunter2" }] } }) };

  test("writes a file for its owner only, and warns", async () => {
    await using w = await world(exporting);
    const before = process.umask(0o000);
    try {
      expect(await keysExport("keys.json", {}, w.deps)).toBe(0);
    } finally {
      process.umask(before);
    }
    const path = join(w.dir, "keys.json");
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ v: 1, keys: [{ private_key: "hunter2" }] });
    expect(w.printed.err).toContain("private keys in the clear");
    expect(`${w.printed.out}${w.printed.err}`).not.toContain("hunter2");
  });

  test("prints to standard output only when told to", async () => {
    await using w = await world(exporting);
    expect(await keysExport(undefined, { stdout: true }, w.deps)).toBe(0);
    expect(w.json()).toMatchObject({ v: 1 });
    expect(w.printed.err).toContain("private keys in the clear");
    await using none = await world(exporting);
    expect(await keysExport(undefined, {}, none.deps)).toBe(2);
    expect(await keysExport("x.json", { stdout: true }, none.deps)).toBe(2);
    expect(await keysExport(undefined, { stdout: true, json: true }, none.deps)).toBe(2);
    expect(none.printed.out).toBe("");
  });

  test("overwrites nothing, follows no link, and then asks for no key", async () => {
    let asked = 0;
    await using w = await world({
      keys_export: async () => {
        asked++;
        return { export: {} };
      },
    });
    writeFileSync(join(w.dir, "old.json"), "old");
    symlinkSync(join(w.dir, "target.json"), join(w.dir, "link.json"));
    for (const file of ["old.json", "link.json", "no/such/folder.json", "."])
      expect(await keysExport(file, {}, w.deps)).toBe(2);
    expect(readFileSync(join(w.dir, "old.json"), "utf8")).toBe("old");
    expect(existsSync(join(w.dir, "target.json"))).toBe(false);
    expect(asked).toBe(0);
  });

  test("leaves no file behind where it failed", async () => {
    await using w = await world({
      keys_export: async () => Promise.reject(new CountersignError("sealing_key_wrong", "It does not open.")),
    });
    expect(await keysExport("keys.json", {}, w.deps)).toBe(1);
    expect(existsSync(join(w.dir, "keys.json"))).toBe(false);
  });
});

describe("countersign keys import", () => {
  type Plan = AdminResult<"keys_import">;
  const add: Plan["steps"][number] = { purpose: "issuer", kid, does: "add", state: "retiring", at: null, why: null };
  const importing = (plan: Plan) => {
    const asked: unknown[] = [];
    const keys_import: AdminHandlers["keys_import"] = async (params) => {
      asked.push(params);
      return plan;
    };
    return { handlers: { keys_import }, asked };
  };
  const file = (dir: string, text = '{"v":1,"keys":[]}', mode = 0o600) => {
    writeFileSync(join(dir, "keys.json"), text, { mode });
    return "keys.json";
  };
  const kept = (why: Plan["steps"][number]["why"]): Plan => ({
    steps: [{ ...add, does: "keep", why }],
    unreadable: [],
  });

  test("shows what it would do before it does it", async () => {
    const { handlers, asked } = importing({ steps: [add], unreadable: [] });
    await using w = await world(handlers, { answer: "yes" });
    expect(await keysImport(file(w.dir), {}, w.deps)).toBe(0);
    expect(w.printed.err).toContain(`This changes:\n  issuer  ${kid}  new here, then retiring`);
    expect(w.printed.out).toContain("Imported:");
    const exported = { v: 1, keys: [] };
    expect(asked).toEqual([
      { export: exported, drop_unreadable: false, dry_run: true },
      { export: exported, drop_unreadable: false, dry_run: false },
    ]);
  });

  test.each([
    ["a dry run", { dryRun: true }, "yes", 0],
    ["another answer", {}, "y", 1],
    ["nobody to ask", {}, undefined, 2],
  ])("only looks with %s", async (_name, options, answer, code) => {
    const { handlers, asked } = importing({ steps: [add], unreadable: [] });
    await using w = await world(handlers, answer === undefined ? {} : { answer });
    expect(await keysImport(file(w.dir), options, w.deps)).toBe(code);
    expect(asked).toHaveLength(1);
  });

  test("has nothing to ask where nothing changes, and says what it keeps against the file", async () => {
    const { handlers, asked } = importing(kept("revoked_here"));
    await using w = await world(handlers);
    expect(await keysImport(file(w.dir), {}, w.deps)).toBe(0);
    expect(w.printed.out).toContain("stays revoked, although the file has it");
    expect([w.questions, asked.length]).toEqual([[], 1]);
  });

  test("ends with 1 while a key stays with which no server starts", async () => {
    const { handlers } = importing({ ...kept("does_not_open"), unreadable: [kid] });
    await using w = await world(handlers);
    expect(await keysImport(file(w.dir), {}, w.deps)).toBe(1);
    expect(w.printed.err).toContain("--drop-unreadable");
  });

  test("reads standard input, begins afresh without a file only when told to, and warns of a file that others may read", async () => {
    const { handlers, asked } = importing({ steps: [add], unreadable: [] });
    await using w = await world(handlers);
    expect(await keysImport("-", { yes: true, json: true }, w.deps)).toBe(0);
    expect(w.json()).toMatchObject({ ok: true, changed: true });
    expect(await keysImport(undefined, { yes: true }, w.deps)).toBe(2);
    expect(asked).toHaveLength(2);
    expect(await keysImport(undefined, { yes: true, dropUnreadable: true }, w.deps)).toBe(0);
    expect(asked[3]).toMatchObject({ drop_unreadable: true, dry_run: false });
    expect(await keysImport(file(w.dir, undefined, 0o644), { dryRun: true }, w.deps)).toBe(0);
    expect(w.printed.err).toContain("chmod 600");
  });

  test("says nothing of what a file holds that it cannot read", async () => {
    await using w = await world();
    expect(await keysImport(file(w.dir, "-----BEGIN PRIVATE KEY----- hunter2"), {}, w.deps)).toBe(2);
    expect(await keysImport("missing.json", {}, w.deps)).toBe(2);
    expect(await keysImport(".", {}, w.deps)).toBe(2);
    expect(w.printed.err).not.toContain("hunter2");
    expect(w.asked).toEqual([]);
  });
});

test("every keys command has help with an example", () => {
  const keys = keysCommand(async () => "");
  expect(keys.commands.map((command) => command.name())).toEqual(["list", "rotate", "revoke", "export", "import"]);
  for (const command of keys.commands) {
    let help = "";
    command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    expect(help).toMatch(/--json/);
    expect(help).toMatch(/Example:\n {2}\S.*countersign keys|Example:\n {2}countersign keys/);
  }
});
