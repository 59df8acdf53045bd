import { randomBytes, verify } from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
import { expect, it } from "vitest";
import { sealer } from "../../src/issuer/index.ts";
import type { Store } from "../../src/store/index.ts";
import { describeStores } from "../helpers/stores.ts";
import { assertion, hour, keyWorld, master, published, second } from "./world.ts";

describeStores("the server's keys", (open, kind) => {
  /** Takes the table away from everybody, as a database that is down does. */
  const withoutTable = async (store: Store, test: () => Promise<void>): Promise<void> => {
    await store.db.schema.alterTable("signing_key").renameTo("gone").execute();
    try {
      await test();
    } finally {
      await store.db.schema.alterTable("gone").renameTo("signing_key").execute();
    }
  };

  it("are made on the first start and found on the next", async () => {
    const { start } = keyWorld();
    const store = await open();
    const first = await start(store);
    const again = await start(store);
    expect(await again.jwks()).toEqual(await first.jwks());
    expect(again.ledger.kid).toBe(first.ledger.kid);
    const rows = await store.db.selectFrom("signing_key").selectAll().execute();
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain("PRIVATE");
    expect(rows.every((row) => row.sealed_private?.startsWith("v1."))).toBe(true);
  });

  it("are agreed on by replicas that start at once on an empty database, also with clocks that differ", async () => {
    const { start, clock } = keyWorld();
    const stores = [await open(), await open(), await open()];
    const behind = { now: () => new Date(clock.now().getTime() - 30 * second) };
    const keys = await Promise.all(stores.map((store, i) => start(store, i === 1 ? { clock: behind } : {})));
    const sets = await Promise.all(keys.map(async (each) => JSON.stringify([await each.jwks(), each.ledger.kid])));
    expect(new Set(sets).size).toBe(1);
    expect(await (stores[0] as Store).db.selectFrom("signing_key").selectAll().execute()).toHaveLength(2);
  });

  it("C35 are published with exactly the members that every cloud takes", async () => {
    const { keys } = await (await keyWorld().start(await open())).jwks();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
    expect(keys[0]).toMatchObject({ kty: "RSA", alg: "RS256", use: "sig", e: "AQAB" });
    expect(Buffer.from(keys[0]?.n ?? "", "base64url")).toHaveLength(256);
  });

  it("sign assertions that a reader of the published set verifies", async () => {
    const { start, clock } = keyWorld();
    let n = 0;
    const keys = await start(await open(), { randomUUID: () => `jti-${++n}` });
    const jwt = await assertion(keys, clock);
    const { keys: jwks } = await keys.jwks();
    const { payload, protectedHeader } = await jwtVerify(jwt, createLocalJWKSet({ keys: [...jwks] }), {
      issuer: "https://countersign.example",
      audience: "sts.amazonaws.com",
      currentDate: clock.now(),
    });
    expect(protectedHeader).toEqual({ alg: "RS256", kid: jwks[0]?.kid, typ: "JWT" });
    expect(payload).toMatchObject({ jti: "jti-1", sub: "repository:4242:aws:aws-prod:operator" });
    expect(payload).not.toHaveProperty("azp");
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

  it("are published while the database is down, and sign for at most five seconds of it (C46)", async () => {
    const { start, later, signedBy } = keyWorld();
    const store = await open();
    const keys = await start(store);
    const before = await keys.jwks();
    await withoutTable(store, async () => {
      await expect(keys.refresh()).rejects.toThrow("signing_key");
      expect(await signedBy(keys)).toBe(before.keys[0]?.kid);
      expect(await keys.ledger.sign(Buffer.from("x"))).toHaveLength(86);
      later(5 * second);
      expect(await keys.jwks()).toEqual(before);
      await expect(signedBy(keys)).rejects.toMatchObject({ code: "keys_unreadable" });
      later(48 * hour);
      expect(await keys.jwks()).toEqual(before);
    });
    expect(await signedBy(keys)).toBe(before.keys[0]?.kid);
  });

  it("are not trusted to be fresh where the clock was put back", async () => {
    const { start, later, signedBy } = keyWorld();
    const store = await open();
    const keys = await start(store);
    await withoutTable(store, async () => {
      later(-hour);
      await expect(signedBy(keys)).rejects.toMatchObject({ code: "keys_unreadable" });
    });
  });

  it("rotate with overlap on every replica: published a day before signing and a day after", async () => {
    const { start, admin, later, signedBy, clock } = keyWorld();
    const [storeA, storeB] = [await open(), await open()];
    const [a, b] = [await start(storeA), await start(storeB)];
    const [old] = await published(a);
    const { kid, activeFrom } = await admin(storeA).rotateIssuer();
    expect(activeFrom.getTime() - clock.now().getTime()).toBe(24 * hour);
    await expect(admin(storeB).rotateIssuer()).rejects.toMatchObject({ code: "rotation_pending" });

    // The other one finds out within five seconds, without being told.
    expect(await published(b)).toEqual([old]);
    later(5 * second);
    expect(await published(b)).toEqual([kid, old]);
    expect(await published(a)).toEqual([kid, old]);
    expect([await signedBy(a), await signedBy(b)]).toEqual([old, old]);

    later(24 * hour - 120 * second);
    expect([await signedBy(a), await signedBy(b)]).toEqual([old, old]);
    later(115 * second);
    expect([await signedBy(a), await signedBy(b)]).toEqual([kid, kid]);
    expect([await published(a), await published(b)]).toEqual([
      [kid, old],
      [kid, old],
    ]);
    later(24 * hour - second);
    expect(await published(b)).toEqual([kid, old]);
    later(second);
    expect([await published(a), await published(b)]).toEqual([[kid], [kid]]);
    expect((await admin(storeB).list()).map((key) => [key.kid, key.state])).toContainEqual([old, "retired"]);
  });

  it("that one replica revoked sign nothing on another five seconds later", async () => {
    const { start, admin, later, signedBy } = keyWorld();
    const [storeA, storeB] = [await open(), await open()];
    const b = await start(storeB);
    const [old] = await published(b);
    const { signs } = await admin(storeA).revoke(old as string);
    later(5 * second - 1);
    expect(await signedBy(b)).toBe(old);
    later(1);
    expect(await signedBy(b)).toBe(signs?.kid);
    expect(await published(b)).toEqual([signs?.kid]);
  });

  it("that were revoked are not published by a replica whose clock is behind", async () => {
    const { start, admin, clock } = keyWorld();
    const store = await open();
    const b = await start(store, { clock: { now: () => new Date(clock.now().getTime() - 30 * second) } });
    const { signs } = await admin(store).revoke((await published(b))[0] as string);
    await b.refresh();
    expect(await published(b)).toEqual([signs?.kid]);
    expect(await assertion(b, clock)).toBeTruthy();
  });

  it("C70 of the ledger are those held or given; a revoked one is not believed any more", async () => {
    const { start, admin, later } = keyWorld();
    const store = await open();
    const keys = await start(store);
    const old = keys.ledger;
    expect(keys.ledgerKeyOf("another")).toBeUndefined();
    const { kid } = await admin(store).rotateLedger();
    await keys.refresh();
    expect(keys.ledger.kid).toBe(kid);
    const bytes = Buffer.from("batch");
    for (const each of [old.kid, kid]) {
      const signature = await keys.ledgerSigner(each)?.sign(bytes);
      const key = keys.ledgerKeyOf(each);
      expect(key && verify(null, bytes, key, Buffer.from(signature ?? "", "base64url"))).toBe(true);
    }
    later(61 * second);
    await admin(store).revoke(old.kid);
    await keys.refresh();
    expect(keys.ledgerKeyOf(old.kid)).toBeUndefined();
    expect(keys.ledgerSigner(old.kid)).toBeUndefined();
  });

  it("open after the sealing key was rotated and are sealed again, so that the old one can go", async () => {
    const { start } = keyWorld();
    const store = await open();
    const before = await (await start(store)).jwks();
    const next = randomBytes(32);
    await expect(start(store, { sealer: sealer(next) })).rejects.toMatchObject({
      code: "sealing_key_wrong",
      message: expect.stringMatching(/SEALING_KEY_OLD.*keys import FILE.*--drop-unreadable/) as unknown,
    });
    expect(await (await start(store, { sealer: sealer(next, master) })).jwks()).toEqual(before);
    expect(await (await start(store, { sealer: sealer(next) })).jwks()).toEqual(before);
  });

  it("are published at once where the database hangs, after the first second", async () => {
    // On PGlite a lock would hold up the test itself: one connection.
    if (kind === "pglite") return;
    const { start, later } = keyWorld();
    const [store, other] = [await open(), await open()];
    const keys = await start(store);
    const before = await keys.jwks();
    later(10 * second);
    const locked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const holding = other.db.transaction().execute(async (trx) => {
      await trx.schema.alterTable("signing_key").addColumn("x", "integer").execute();
      locked.resolve();
      await release.promise;
      throw new Error("undo");
    });
    await locked.promise;
    try {
      expect(await keys.jwks()).toEqual(before);
      expect(await Promise.all(Array.from({ length: 20 }, () => keys.jwks()))).toEqual(Array(20).fill(before));
    } finally {
      release.resolve();
      await expect(holding).rejects.toThrow("undo");
    }
  });
});
