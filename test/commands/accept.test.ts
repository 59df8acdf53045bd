import { describe, expect, test } from "vitest";
import { adminSocketPath, type AdminHandlers, serveAdmin } from "../../src/admin/index.ts";
import { CountersignError } from "../../src/base/errors.ts";
import { ledgerAccept, policyAccept } from "../../src/commands/accept.ts";
import { fakeHandlers, folder, keptLog } from "../admin/world.ts";
import { fakeIo } from "./fake-io.ts";

const digest = `sha256:${"d".repeat(64)}`;

async function world(more: Partial<AdminHandlers> = {}) {
  const dir = folder();
  const { handlers, asked } = fakeHandlers(more);
  const { io, printed } = fakeIo(dir, { env: { DATA_DIR: dir } });
  const { log, lines } = keptLog();
  const server = await serveAdmin({ path: adminSocketPath(dir), handlers, log });
  return { io, printed, asked, lines, [Symbol.asyncDispose]: () => server.close() };
}

describe("countersign policy accept, ledger accept", () => {
  test("ask the server, name the only access repo by nothing, and say what was done", async () => {
    await using w = await world();
    expect(await policyAccept(digest, { reason: " Both owners have left " }, w.io)).toBe(0);
    expect(await ledgerAccept({ reason: "A test push", repo: "acme/access" }, w.io)).toBe(0);
    expect(w.asked).toEqual([
      ["policy_accept", { repository: null, digest, reason: "Both owners have left" }],
      ["ledger_accept", { repository: "acme/access", reason: "A test push" }],
    ]);
    expect(w.printed.out).toContain("is in force in acme/access from now on, by your word alone");
    expect(w.printed.out).toContain("One commit of acme/access's ledger branch");
    // What an operator did is in the log before it is done, with the reason.
    expect(w.lines).toContainEqual(
      expect.objectContaining({ admin: "policy_accept", reason: "Both owners have left" }),
    );
  });

  test("print one JSON object, and end with 1 where the server refuses", async () => {
    const no = async () => Promise.reject(new CountersignError("other_digest", "Not that one.\u001b[2J"));
    await using w = await world({ policy_accept: no });
    expect(await policyAccept(digest, { reason: "x", json: true }, w.io)).toBe(1);
    expect(JSON.parse(w.printed.out)).toMatchObject({ ok: false, code: "other_digest" });
    expect(await policyAccept(digest, { reason: "x" }, w.io)).toBe(1);
    expect(w.printed.err).not.toContain("\u001b");
  });

  test.each([
    ["no reason", digest, {}],
    ["an empty one", digest, { reason: "  " }],
    ["two lines", digest, { reason: "a\nApproved-by: bob" }],
    ["a hidden character", digest, { reason: "a\u202eb" }],
    ["one that is too long", digest, { reason: "x".repeat(501) }],
    ["a short digest", "sha256:abc", { reason: "x" }],
  ])("with %s it is misuse, and nobody is asked", async (_, which, options) => {
    await using w = await world();
    expect(await policyAccept(which, options, w.io)).toBe(2);
    expect(w.asked).toEqual([]);
    expect(w.printed.err).not.toBe("");
  });

  test("without a server they end with 1 and touch nothing", async () => {
    const { io, printed } = fakeIo(folder());
    expect(await ledgerAccept({ reason: "x", dataDir: folder() }, io)).toBe(1);
    expect(printed.err).toContain("There is no socket");
  });
});
