import { describe, expect, it } from "vitest";
import { repositoryId } from "../../src/base/ids.ts";
import {
  buildBatch,
  entryText,
  ledgerKey,
  ledgerKeyText,
  nextKid,
  parseBatch,
  signedBytes,
  verifyBatch,
  verifyChain,
  type Batch,
  type ChainRefusal,
} from "../../src/ledger/index.ts";
import { chainOf, genesis, granted, issued, repo, rotated, testKey, trust, uuid } from "./fixtures.ts";

const key = testKey("first");
const second = testKey("second");
const mallory = testKey("mallory");
const chain = await chainOf([
  { key, entries: [genesis(key)] },
  { key, entries: [granted(1)] },
  { key, entries: [issued(1)] },
]);
const [one, two, three] = chain as [Batch, Batch, Batch];
const check = (batches: readonly Batch[], keys = trust(key), repository = repo): ChainRefusal | "ok" => {
  const result = verifyChain(batches, { repositoryId: repository, trustedKeys: keys });
  return result.ok ? "ok" : result.reason;
};
const withHeader = (batch: Batch, change: (header: string) => string): Batch => {
  const [header = "", ...rest] = batch.text.split("\n");
  return parseBatch([change(header), ...rest].join("\n"));
};

describe("a chain of ours", () => {
  it("verifies from its genesis on", () => {
    const result = verifyChain(chain, { repositoryId: repo, trustedKeys: trust(key) });
    expect(result).toMatchObject({ ok: true, state: { sequence: 3, sha256: three.sha256, kid: key.kid } });
  });

  it("signs a domain prefix and the statement, nothing else", () => {
    expect(Buffer.from(signedBytes(one.header)).toString()).toBe(
      `countersign-ledger-v1\n{"entries_sha256":"${one.header.entries_sha256}","previous_batch_sha256":null,"repository_id":4242,"sequence":1}`,
    );
  });
});

describe("C52 a batch on the ledger branch that is not ours or not next is refused", () => {
  it("C52 unsigned", () => {
    const forged = withHeader(two, (header) => header.replace(two.header.signature, "A".repeat(86)));
    expect(check([one, forged])).toBe("bad_signature");
    expect(() => withHeader(two, (header) => header.replace(/"signature":"[^"]+"/, '"signature":""'))).toThrow(
      "signature",
    );
  });

  it("C52 re-signed by another key, under its own name or under ours", async () => {
    const [, foreign] = await chainOf([
      { key, entries: [genesis(key)] },
      { key: mallory, entries: [granted(1)] },
    ]);
    expect(check([one, foreign as Batch])).toBe("unknown_key");
    const named = withHeader(foreign as Batch, (header) => header.replace(mallory.kid, key.kid));
    expect(check([one, named])).toBe("bad_signature");
  });

  it("C52 replayed", () => expect(check([one, two, two])).toBe("gap"));
  it("C52 re-ordered", () => expect(check([one, three, two])).toBe("gap"));
  it("C52 with a gap", () => expect(check([one, three])).toBe("gap"));
  it("C52 truncated at its beginning", () => expect(check([two, three])).toBe("gap"));

  it("C52 truncated at its end shows against the sequence that the verifier knows", () => {
    expect(check([one, two])).toBe("ok");
    const expected = {
      repositoryId: repo,
      expectedSequence: 4,
      previousSha256: three.sha256,
      keyOf: () => key.publicKey,
    };
    expect(verifyBatch(two, expected)).toMatchObject({ ok: false, reason: "gap" });
  });

  it("C52 of another repository, signed by the same server", async () => {
    const elsewhere = await chainOf([{ key, entries: [genesis(key, repositoryId(5))] }], repositoryId(5));
    expect(check(elsewhere)).toBe("wrong_repository");
  });

  it("C52 with entries exchanged under a true header", () => {
    const swapped = parseBatch(two.text.replace("alice", "carol"));
    expect(check([one, swapped])).toBe("entries_digest");
  });

  it("C52 that forks from another past", async () => {
    const [, fork] = await chainOf([
      { key, entries: [genesis(key), granted(7)] },
      { key, entries: [granted(1)] },
    ]);
    expect(check([one, fork as Batch])).toBe("wrong_previous");
  });

  it("C52 with a signature spelled in a second way", () => {
    const last = two.header.signature.at(-1) as string;
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const twin = alphabet[alphabet.indexOf(last) ^ 1] as string;
    const respelled = withHeader(two, (h) => h.replace(two.header.signature, two.header.signature.slice(0, -1) + twin));
    expect(check([one, respelled])).toBe("bad_signature");
  });
});

describe("C70 a genesis", () => {
  it("C70 forged on the branch is not believed: its own key is never a reason to trust it", async () => {
    const forged = await chainOf([{ key: mallory, entries: [genesis(mallory), granted(1)] }]);
    expect(check(forged)).toBe("unknown_key");
    expect(check(forged, new Map())).toBe("unknown_key");
  });

  it("is needed at the beginning, for this repository", async () => {
    expect(check(await chainOf([{ key, entries: [granted(1)] }]))).toBe("genesis");
    expect(check(await chainOf([{ key, entries: [genesis(key, repositoryId(5))] }]))).toBe("genesis");
  });

  it("cannot come a second time, in the first batch or later", async () => {
    expect(check(await chainOf([{ key, entries: [genesis(key), genesis(key)] }]))).toBe("genesis");
    expect(
      check(
        await chainOf([
          { key, entries: [genesis(key)] },
          { key, entries: [genesis(key)] },
        ]),
      ),
    ).toBe("genesis");
  });
});

describe("a key rotation", () => {
  const rotate = { key, entries: [rotated(key, second)] };
  const start = { key, entries: [genesis(key)] };

  it("signed by the old key hands over from the next batch on", async () => {
    const batches = await chainOf([start, rotate, { key: second, entries: [granted(1)] }]);
    expect(check(batches)).toBe("ok");
    expect(batches.map(nextKid)).toEqual([key.kid, second.kid, second.kid]);
  });

  it("ends the old key, even where the verifier still trusts it", async () => {
    expect(check(await chainOf([start, rotate, { key, entries: [granted(1)] }]), trust(key, second))).toBe(
      "key_not_current",
    );
  });

  it("does not start before its batch, and not without one", async () => {
    expect(check(await chainOf([start, { key: second, entries: [rotated(key, second)] }]))).toBe("unknown_key");
    expect(check(await chainOf([start, { key: second, entries: [granted(1)] }]), trust(key, second))).toBe(
      "key_not_current",
    );
  });

  it.each([
    ["of a key that does not sign here", rotated(mallory, second)],
    [
      "to a key under another's name",
      { ...rotated(key, second), key: { ...rotated(key, second).key, kid: mallory.kid } },
    ],
    ["to the same key", rotated(key, key)],
    ["to something that is no key", { ...rotated(key, second), key: { kid: second.kid, public_key: "AAAA" } }],
  ])("is refused %s", async (_name, entry) => {
    expect(check(await chainOf([start, { key, entries: [entry] }]))).toBe("bad_rotation");
  });

  it("is refused twice in one batch", async () => {
    const entries = [rotated(key, second), { ...rotated(key, mallory), id: uuid(4001) }];
    expect(check(await chainOf([start, { key, entries }]))).toBe("bad_rotation");
  });
});

describe("a ledger key", () => {
  it("has one spelling and is named by its thumbprint", () => {
    const text = ledgerKeyText(key.publicKey);
    expect(ledgerKey(text).kid).toBe(key.kid);
    expect(() => ledgerKey(`${text}=`)).toThrow("canonical");
    expect(() => ledgerKey("AAAA")).toThrow("public key");
  });

  it("signs nothing that a reader would refuse", async () => {
    const build = buildBatch({
      repositoryId: repo,
      sequence: 1,
      previous: null,
      batchId: "nope",
      kid: key.kid,
      sign: key.sign,
      lines: [entryText(genesis(key))],
    });
    await expect(build).rejects.toMatchObject({ code: "ledger_malformed" });
  });
});
