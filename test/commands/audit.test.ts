import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { auditVerify, type AuditVerifyOptions } from "../../src/commands/audit.ts";
import { ledgerKeyText } from "../../src/ledger/index.ts";
import { type Clone, newClone } from "../audit/clone.ts";
import { chainOf, genesis, testKey } from "../ledger/fixtures.ts";
import { fakeIo } from "./fake-io.ts";

const key = testKey("first");
const good = { key: [ledgerKeyText(key.publicKey)] };

let clone: Clone;
beforeEach(async () => {
  clone = newClone();
  clone.commit({ "README.md": "x" });
  clone.onLedger();
  clone.add(...(await chainOf([{ key, entries: [genesis(key)] }])));
  clone.git("checkout", "-q", "main");
});
afterEach(() => clone.remove());

async function run(dir: string, options: AuditVerifyOptions, cwd = "/") {
  const { io, printed } = fakeIo(cwd);
  return { exit: await auditVerify(dir, options, io), ...printed };
}

describe("countersign audit verify", () => {
  test("says what was verified and by whose word", async () => {
    const counts = "1 batches, 1 entries, 0 grants, 0 issued";
    expect(await run(".", good, clone.dir)).toEqual({ exit: 0, out: `${counts}: verified\n`, err: "" });
    expect(await run(clone.dir, { trustOnFirstUse: true })).toEqual({
      exit: 0,
      out: `${counts}: verified (by the key in the genesis, which you chose to believe)\n`,
      err: "",
    });
  });
  test("another key: not verified, which is a finding", async () => {
    const other = await run(clone.dir, { key: [ledgerKeyText(testKey("mallory").publicKey)] });
    expect(other).toMatchObject({ exit: 1, err: "" });
    expect(other.out).toMatch(/^problem: .*\n0 batches, 0 entries, 0 grants, 0 issued: NOT verified\n$/s);
  });
  test.each(["abc", "", "MCowBQYDK2VwAyEA"])(
    "%j is no key: misuse in one sentence, and nothing on standard output",
    async (text) => {
      expect(await run(clone.dir, { key: [text], json: true })).toEqual({
        exit: 2,
        out: "",
        err: expect.stringMatching(
          /^countersign audit verify: --key: .*`countersign keys list` shows it.*\n$/,
        ) as string,
      });
    },
  );
  test("no folder, a file, a folder that is no clone: the same, with the folder's name", async () => {
    const empty = mkdtempSync(join(tmpdir(), "countersign-no-clone-"));
    try {
      writeFileSync(join(empty, "file"), "");
      for (const dir of [join(empty, "gone"), join(empty, "file"), empty]) {
        expect(await run(dir, good)).toEqual({
          exit: 2,
          out: "",
          err: `countersign audit verify: ${dir}: git for-each-ref failed. Is this folder a clone, complete and readable?\n`,
        });
      }
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  });
});
