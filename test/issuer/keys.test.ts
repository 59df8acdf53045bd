import { randomBytes, verify } from "node:crypto";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { expect, it } from "vitest";
import { openKeys, sealer, type Keys, type OpenKeysOptions } from "../../src/issuer/index.ts";
import { ledgerKey, ledgerKeyText, ledgerKid } from "../../src/ledger/index.ts";
import type { Store } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";
import { testKey } from "../ledger/fixtures.ts";

const master = randomBytes(32);
const hour = 3600_000;

describeStores("the server's keys", (open) => {
  let time = Date.parse("2026-11-23T09:00:00Z");
  const clock = { now: () => new Date(time) };
  const start = (store: Store, more: Partial<OpenKeysOptions> = {}): Promise<Keys> =>
    openKeys({ db: store.db, sealer: sealer(master), clock, issuerUrl: "https://countersign.example", ...more });
  const assertion = (keys: Keys): Promise<string> =>
    keys.signAssertion({
      subject: "repository:4242:aws:aws-prod:operator",
      audience: "sts.amazonaws.com",
      lifetime: 300,
      extra: {},
      now: clock.now(),
    });
  const kidOf = (jwt: string): string | undefined => decodeProtectedHeader(jwt).kid;
  const published = (keys: Keys): readonly string[] => keys.jwks().keys.map((key) => key.kid);

  it("are made on the first start and found on the next", async () => {
    const store = await open();
    const first = await start(store);
    const again = await start(store);
    expect(again.jwks()).toEqual(first.jwks());
    expect(again.ledger.kid).toBe(first.ledger.kid);
    const rows = await store.db.selectFrom("signing_key").selectAll().execute();
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain("PRIVATE");
    expect(rows.every((row) => row.sealed_private?.startsWith("v1."))).toBe(true);
  });

  it("are agreed on by replicas that start at once on an empty database", async () => {
    const stores = [await open(), await open(), await open()];
    const keys = await Promise.all(stores.map((store) => start(store)));
    expect(new Set(keys.map((each) => JSON.stringify([each.jwks(), each.ledger.kid]))).size).toBe(1);
    expect(await (stores[0] as Store).db.selectFrom("signing_key").selectAll().execute()).toHaveLength(2);
  });

  it("C35 are published with exactly the members that every cloud takes", async () => {
    const { keys } = (await start(await open())).jwks();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
    expect(keys[0]).toMatchObject({ kty: "RSA", alg: "RS256", use: "sig", e: "AQAB" });
    expect(Buffer.from(keys[0]?.n ?? "", "base64url")).toHaveLength(256);
  });

  it("sign assertions that a reader of the published set verifies", async () => {
    let n = 0;
    const keys = await start(await open(), { randomUUID: () => `jti-${++n}` });
    const jwt = await assertion(keys);
    const { payload, protectedHeader } = await jwtVerify(jwt, createLocalJWKSet({ keys: [...keys.jwks().keys] }), {
      issuer: "https://countersign.example",
      audience: "sts.amazonaws.com",
      currentDate: clock.now(),
    });
    expect(protectedHeader).toEqual({ alg: "RS256", kid: published(keys)[0], typ: "JWT" });
    expect(payload).toMatchObject({ jti: "jti-1", sub: "repository:4242:aws:aws-prod:operator" });
    await expect(
      keys.signAssertion({
        subject: "repository:1:aws:a:b",
        audience: "x",
        lifetime: 1,
        extra: { sub: "y" },
        now: clock.now(),
      }),
    ).rejects.toMatchObject({ code: "assertion_refused" });
  });

  it("work from memory while the database is down", async () => {
    const store = await open();
    const keys = await start(store);
    const before = keys.jwks();
    await store.db.schema.alterTable("signing_key").renameTo("gone").execute();
    try {
      await expect(keys.refresh()).rejects.toThrow("signing_key");
      expect(keys.jwks()).toEqual(before);
      expect(kidOf(await assertion(keys))).toBe(published(keys)[0]);
      expect(await keys.ledger.sign(Buffer.from("x"))).toHaveLength(86);
    } finally {
      await store.db.schema.alterTable("gone").renameTo("signing_key").execute();
    }
  });

  it("rotate with overlap: published a day before signing and a day after", async () => {
    const store = await open();
    const keys = await start(store);
    const other = await start(store);
    const [old] = published(keys);
    const { kid, activeFrom } = await keys.rotateIssuer();
    expect(activeFrom.getTime() - time).toBe(24 * hour);
    expect(published(keys)).toEqual([kid, old]);
    expect(kidOf(await assertion(keys))).toBe(old);
    await expect(keys.rotateIssuer()).rejects.toMatchObject({ code: "rotation_pending" });
    expect(published(other)).toEqual([old]);
    await other.refresh();
    expect(published(other)).toEqual([kid, old]);

    time += 24 * hour;
    expect(kidOf(await assertion(other))).toBe(kid);
    expect(published(other)).toEqual([kid, old]);
    time += 24 * hour;
    expect(published(other)).toEqual([kid]);
  });

  it("are revoked at once: the new one signs, the old one is gone from set, memory and database", async () => {
    const store = await open();
    const keys = await start(store);
    const [old] = published(keys);
    const exported = keys.exportKeys();
    const { kid } = await keys.rotateIssuer({ revoke: true });
    expect(published(keys)).toEqual([kid]);
    expect(kidOf(await assertion(keys))).toBe(kid);
    const row = await store.db
      .selectFrom("signing_key")
      .selectAll()
      .where("kid", "=", old as string)
      .executeTakeFirstOrThrow();
    expect(row.sealed_private).toBeNull();
    await keys.importKeys(exported);
    expect(published(keys)).toEqual([kid]);
  });

  it("of the ledger hand over by an entry, and the old one goes on where a ledger still needs it", async () => {
    const keys = await start(await open());
    const old = keys.ledger;
    const entry = await keys.rotateLedgerKey();
    expect(keys.ledger.kid).not.toBe(old.kid);
    expect(entry).toMatchObject({ type: "key_rotated", old_kid: old.kid, key: { kid: keys.ledger.kid } });
    expect(ledgerKey(entry.key.public_key).kid).toBe(entry.key.kid);
    const bytes = Buffer.from("batch");
    for (const kid of [old.kid, entry.key.kid]) {
      const signature = await keys.ledgerSigner(kid)?.sign(bytes);
      const key = keys.ledgerKeyOf(kid);
      expect(key && verify(null, bytes, key, Buffer.from(signature ?? "", "base64url"))).toBe(true);
    }
  });

  it("C70 of the ledger are those held or given: another's is unknown until it is imported", async () => {
    const keys = await start(await open());
    const foreign = testKey("foreign");
    const held = keys.ledger.kid;
    expect(keys.ledgerKeyOf(foreign.kid)).toBeUndefined();
    const file = {
      v: 1,
      keys: [
        {
          purpose: "ledger",
          private_key: null,
          public_key: ledgerKeyText(foreign.publicKey),
          active_from: "2026-01-01T00:00:00Z",
          retired_at: null,
        },
      ],
    };
    expect(await keys.importKeys(file)).toEqual({ added: 1 });
    expect(await keys.importKeys(file)).toEqual({ added: 0 });
    expect(keys.ledgerKeyOf(foreign.kid)).toBeDefined();
    expect(keys.ledgerSigner(foreign.kid)).toBeUndefined();
    expect(keys.ledger.kid).toBe(held);
  });

  it("come back from an export on an empty database", async () => {
    const store = await open();
    const before = await start(store);
    const exported = JSON.parse(JSON.stringify(before.exportKeys())) as unknown;
    await store.db.deleteFrom("signing_key").execute();
    const keys = await start(store);
    expect(keys.ledgerSigner(before.ledger.kid)).toBeUndefined();
    expect(await keys.importKeys(exported)).toEqual({ added: 2 });
    const signer = keys.ledgerSigner(before.ledger.kid);
    expect(ledgerKid(ledgerKey(signer?.publicKey ?? "").key)).toBe(before.ledger.kid);
    expect(published(keys)).toContain(published(before)[0]);
  });

  it("are refused from a file that is no export, without a word of what it holds", async () => {
    const keys = await start(await open());
    const entry = {
      ...keys.exportKeys().keys[0],
      private_key: "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
    };
    const swapped = keys
      .exportKeys()
      .keys.map((key) => ({ ...key, public_key: ledgerKeyText(testKey("x").publicKey) }));
    for (const bad of [null, { v: 1 }, { v: 1, keys: [entry] }, { v: 1, keys: swapped }]) {
      const error: unknown = await keys.importKeys(bad).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "bad_key_export" });
      expect(`${String(error)}${String((error as Error).cause)}`).not.toContain("hunter2");
    }
  });

  it("open after the sealing key was rotated and are sealed again, so that the old one can go", async () => {
    const store = await open();
    const before = (await start(store)).jwks();
    const next = randomBytes(32);
    await expect(start(store, { sealer: sealer(next) })).rejects.toMatchObject({ code: "sealing_key_wrong" });
    expect((await start(store, { sealer: sealer(next, master) })).jwks()).toEqual(before);
    expect((await start(store, { sealer: sealer(next) })).jwks()).toEqual(before);
  });
});
