import { assert, nat, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  batchIdOfPath,
  batchPath,
  entryText,
  entryTypes,
  maxBatchBytes,
  parseBatch,
  parseEntry,
  type Entry,
} from "../../src/ledger/index.ts";
import { at, chainOf, genesis, granted, hex, issued, testKey, uuid } from "./fixtures.ts";

const key = testKey("first");
const [first] = await chainOf([{ key, entries: [genesis(key), granted(1), issued(1)] }]);
if (!first) throw new Error("no batch");
const { text } = first;
const lines = text.split("\n");
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "accepted";
};

describe("a batch file", () => {
  it("is a canonical header line and canonical entry lines, each with its newline, and reads back as it was", () => {
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^\{"batch":"[^"]+","entries_sha256":"sha256:/);
    expect(parseBatch(text)).toEqual(first);
    expect(parseBatch(Buffer.from(text))).toEqual(first);
    expect(parseEntry(entryText(granted(1)))).toEqual(granted(1));
  });

  it("lies at ledger/YYYY/MM/DD/<batch id>.jsonl by the UTC day, and nowhere else", () => {
    const path = batchPath(new Date("2026-11-23T23:59:59Z"), uuid(1));
    expect(path).toBe(`ledger/2026/11/23/${uuid(1)}.jsonl`);
    expect(batchIdOfPath(path)).toBe(uuid(1));
    expect(parseBatch(text, path)).toEqual(first);
    for (const other of [
      `ledger/2026/11/23/${uuid(2)}.jsonl`,
      `ledger/2026/02/30/${uuid(1)}.jsonl`,
      `ledger/2026/13/01/${uuid(1)}.jsonl`,
      `ledger/2026/11/23/../${uuid(1)}.jsonl`,
      `x/ledger/2026/11/23/${uuid(1)}.jsonl`,
      `ledger/2026/11/23/${uuid(1)}.jsonl\n`,
    ]) {
      expect(codeOf(() => parseBatch(text, other))).toBe("ledger_wrong_path");
    }
    expect(codeOf(() => batchPath(new Date(at), "../../x"))).toBe("ledger_wrong_path");
  });

  it.each<[string, (text: string) => string | Uint8Array, string]>([
    ["cut off in a line", (t) => t.slice(0, -10), "ledger_malformed"],
    ["without its last newline", (t) => t.slice(0, -1), "ledger_malformed"],
    ["with a blank line", (t) => `${t}\n`, "ledger_malformed"],
    ["with white space in a line", (t) => t.replace('"v":1', '"v": 1'), "ledger_not_canonical"],
    [
      "with members in another order",
      (t) => t.replace(/\{("batch":"[^"]+"),("entries_sha256":"[^"]+")/, "{$2,$1"),
      "ledger_not_canonical",
    ],
    ["with a member twice", (t) => t.replace('"ticket":', '"ticket":"X","ticket":'), "ledger_not_canonical"],
    ["with an escape that needs none", (t) => t.replace("alice", "\\u0061lice"), "ledger_not_canonical"],
    ["with CRLF", (t) => t.replaceAll("\n", "\r\n"), "ledger_not_canonical"],
    ["with a float", (t) => t.replace('"pull_request":1', '"pull_request":1.5'), "ledger_not_canonical"],
    ["with a byte order mark", (t) => Buffer.from(`\ufeff${t}`), "ledger_malformed"],
    ["not UTF-8", (t) => Buffer.concat([Buffer.from([0xff]), Buffer.from(t)]), "ledger_malformed"],
    ["without entries", (t) => `${t.split("\n")[0]}\n`, "ledger_malformed"],
    ["with an unknown entry type", (t) => t.replace('"type":"issued"', '"type":"toString"'), "ledger_unknown_entry"],
    ["with an unknown member", (t) => t.replace('"v":1}\n', '"v":1,"x":1}\n'), "ledger_malformed"],
    [
      "with a member named __proto__",
      (t) => t.replace('{"approved_by"', '{"__proto__":{},"approved_by"'),
      "ledger_malformed",
    ],
    ["with a day that does not exist", (t) => t.replaceAll("2026-11-23T10", "2026-02-30T10"), "ledger_malformed"],
    ["with a batch id that is a path", (t) => t.replace(uuid(1), "../../etc"), "ledger_malformed"],
    ["of sequence 2 without a previous batch", (t) => t.replace('"sequence":1', '"sequence":2'), "ledger_malformed"],
    ["nested beyond the stack", () => `${"[".repeat(200_000)}${"]".repeat(200_000)}\n`, "ledger_not_canonical"],
    ["too large", () => "x".repeat(maxBatchBytes + 1), "ledger_too_large"],
  ])("is refused %s", (_name, change, code) => {
    const changed = change(text);
    expect(changed).not.toEqual(text);
    expect(codeOf(() => parseBatch(changed))).toBe(code);
  });

  it("is refused without quoting what it holds", () => {
    const error = (() => {
      try {
        return parseBatch(`${lines[0]}\n{"secret":"hunter2"\n`);
      } catch (caught) {
        return caught;
      }
    })();
    expect(String(error)).toContain("line 2");
    expect(JSON.stringify([String(error), (error as Error).cause])).not.toContain("hunter2");
  });

  it("has one reading for any text: what parses re-serialises to the same bytes", () => {
    assert(
      property(nat(text.length - 1), string({ minLength: 1, maxLength: 3 }), (at, insert) => {
        const changed = text.slice(0, at) + insert + text.slice(at + insert.length);
        let parsed;
        try {
          parsed = parseBatch(changed);
        } catch {
          return;
        }
        expect(parsed.text).toBe(changed);
        expect(parsed.entries.map((entry) => `${entryText(entry)}\n`).join("")).toBe(
          changed.slice(changed.indexOf("\n") + 1),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe("entries", () => {
  it("of every kind have a name", () => {
    expect(entryTypes).toContain("policy_restored");
  });

  it("of an end and of an acceptance have their members, and no others", () => {
    const common = { v: 1, id: uuid(9), at } as const;
    const closed: Entry = {
      ...common,
      type: "closed",
      outcome: "declined",
      pull_request: 7,
      paths: ["requests/aws-prod/x.yml"],
      requested_by: { id: 1, login: "alice" },
      by: null,
      why: "Closed.",
    };
    const accepted: Entry = {
      ...common,
      type: "ledger_accepted",
      reason: "x",
      after: hex("a"),
      tip: hex("b"),
      foreign: 0,
    };
    for (const entry of [closed, accepted]) {
      expect(parseEntry(entryText(entry))).toEqual(entry);
      expect(codeOf(() => entryText({ ...entry, more: 1 } as never))).toBe("ledger_malformed");
    }
    expect(codeOf(() => entryText({ ...closed, outcome: "lost" } as never))).toBe("ledger_malformed");
    expect(codeOf(() => entryText({ ...accepted, tip: "main" } as never))).toBe("ledger_malformed");
  });

  it("are never written in a form that a reader refuses", () => {
    expect(codeOf(() => entryText({ ...granted(1), expires_at: "tomorrow" }))).toBe("ledger_malformed");
    expect(codeOf(() => entryText({ ...granted(1), reason: "\ud800" }))).toBe("ledger_not_canonical");
  });

  it("are refused where the object says what its text does not", () => {
    const shown = granted(1);
    class Person {
      get id() {
        return 1;
      }
      get login() {
        return "alice";
      }
    }
    const hidden = Object.defineProperty({ ...shown }, "reason", { value: "x", enumerable: false });
    expect(codeOf(() => entryText(hidden))).toBe("ledger_malformed");
    for (const other of [Object.create(shown), { ...shown, requested_by: new Person() }] as Entry[])
      expect(codeOf(() => entryText(other))).toBe("ledger_not_canonical");
    expect(codeOf(() => entryText({ ...shown, ticket: undefined } as never))).toBe("ledger_not_canonical");
  });
});
