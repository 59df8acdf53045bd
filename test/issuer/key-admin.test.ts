import { generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sealer } from "../../src/issuer/index.ts";
import { ledgerKeyText, ledgerKid } from "../../src/ledger/index.ts";
import type { Store } from "../../src/store/index.ts";
import { useStore } from "../helpers/stores.ts";
import { testKey } from "../ledger/fixtures.ts";
import { hour, keyWorld, published, second } from "./world.ts";

// On one kind of store: what differs between the two is in keys.test.ts, and each key costs a tenth of a second.
describe("what an operator does with the keys", () => {
  const open = useStore("postgres");
  const world = async () => {
    const store = await open();
    const w = keyWorld();
    const keys = await w.start(store);
    const admin = w.admin(store);
    const states = async () => Object.fromEntries((await admin.list()).map((key) => [key.kid, key.state]));
    const issuer = (await published(keys))[0] as string;
    return { ...w, store, keys, states, issuer, ledger: keys.ledger.kid, manage: admin };
  };
  const privateOf = async (store: Store, kid: string) =>
    (await store.db.selectFrom("signing_key").select("sealed_private").where("kid", "=", kid).executeTakeFirst())
      ?.sealed_private;

  it("shows each key in its state", async () => {
    const { manage, states, issuer, ledger, later, ledgers, clock } = await world();
    expect(await states()).toEqual({ [issuer]: "active", [ledger]: "active" });
    const next = await manage.rotateIssuer();
    const newLedger = await manage.rotateLedger();
    ledgers.set(ledger, ["acme/access"]);
    expect(await states()).toEqual({
      [issuer]: "active",
      [next.kid]: "upcoming",
      [ledger]: "retiring",
      [newLedger.kid]: "active",
    });
    const info = (await manage.list()).find((key) => key.kid === ledger);
    expect(info).toMatchObject({ purpose: "ledger", opens: true, ledgers: ["acme/access"], created: clock.now() });
    ledgers.clear();
    later(24 * hour);
    expect(await states()).toMatchObject({ [issuer]: "retiring", [next.kid]: "active", [ledger]: "retired" });
    later(24 * hour);
    expect(await states()).toMatchObject({ [issuer]: "retired" });
  });

  it("revokes an issuer key for good: gone from set and database, and no export brings it back", async () => {
    const { manage, keys, store, states, issuer, signedBy } = await world();
    const exported = await manage.export();
    const { signs, already } = await manage.revoke(issuer);
    expect([already, signs?.fresh]).toEqual([false, true]);
    await keys.refresh();
    expect(await published(keys)).toEqual([signs?.kid]);
    expect(await signedBy(keys)).toBe(signs?.kid);
    expect(await privateOf(store, issuer)).toBeNull();
    const { steps } = await manage.import(exported);
    expect(steps).toContainEqual({
      kid: issuer,
      purpose: "issuer",
      state: "revoked",
      does: "keep",
      why: "revoked_here",
    });
    expect((await states())[issuer]).toBe("revoked");
    expect(await manage.revoke(issuer)).toEqual({
      purpose: "issuer",
      already: true,
      signs: { kid: signs?.kid, fresh: false },
    });
    await expect(manage.revoke("x".repeat(43))).rejects.toMatchObject({ code: "no_such_key" });
  });

  it("lets a key that is already published take the place of a revoked one", async () => {
    const { manage, keys, issuer, signedBy, later } = await world();
    const next = await manage.rotateIssuer();
    later(hour);
    expect((await manage.revoke(issuer)).signs).toEqual({ kid: next.kid, fresh: false });
    await keys.refresh();
    expect(await signedBy(keys)).toBe(next.kid);
    later(100 * hour);
    expect(await signedBy(keys)).toBe(next.kid);
  });

  it("goes on with the old key, without an end, where the one that should follow it is revoked", async () => {
    const { manage, keys, issuer, signedBy, later } = await world();
    const upcoming = await manage.rotateIssuer();
    expect((await manage.revoke(upcoming.kid)).signs).toEqual({ kid: issuer, fresh: false });
    later(100 * hour);
    expect(await signedBy(keys)).toBe(issuer);
    expect(await published(keys)).toEqual([issuer]);
    const next = await manage.rotateIssuer();
    later(25 * hour);
    expect(await signedBy(keys)).toBe(next.kid);
    expect((await manage.revoke(next.kid)).signs).toEqual({ kid: issuer, fresh: false });
    later(100 * hour);
    expect(await signedBy(keys)).toBe(issuer);
  });

  it("C52 does not revoke a ledger key with which a ledger goes on", async () => {
    const { manage, ledger, ledgers, store, later } = await world();
    await expect(manage.revoke(ledger)).rejects.toMatchObject({ code: "key_in_use" });
    await manage.rotateLedger();
    ledgers.set(ledger, ["acme/access"]);
    const refused = manage.revoke(ledger);
    await expect(refused).rejects.toMatchObject({ code: "key_in_use" });
    await expect(refused).rejects.toThrow("acme/access");
    expect(await privateOf(store, ledger)).not.toBeNull();
    ledgers.clear();
    await expect(manage.revoke(ledger)).rejects.toThrow("less than a minute ago");
    later(60 * second + 1);
    expect(await manage.revoke(ledger)).toMatchObject({ purpose: "ledger", already: false });
    expect(await privateOf(store, ledger)).toBeNull();
  });

  it("brings everything back from an export on an empty database, also what was revoked", async () => {
    const { manage, keys, store, issuer, ledger, start, admin, signedBy } = await world();
    const { signs } = await manage.revoke(issuer);
    await keys.refresh();
    const exported = JSON.parse(JSON.stringify(await manage.export())) as unknown;
    const before = await published(keys);
    await store.db.deleteFrom("signing_key").execute();
    const { steps, unreadable } = await admin(store).import(exported);
    expect(unreadable).toEqual([]);
    expect(Object.fromEntries(steps.map((step) => [step.kid, [step.does, step.state]]))).toEqual({
      [issuer]: ["add", "revoked"],
      [String(signs?.kid)]: ["add", "active"],
      [ledger]: ["add", null],
    });
    const again = await start(store);
    expect(await published(again)).toEqual(before);
    expect(await signedBy(again)).toBe(signs?.kid);
    expect(again.ledger.kid).toBe(ledger);
    expect((await admin(store).import(exported)).steps.every((step) => step.does === "keep")).toBe(true);
  });

  it("says what an import would do and does nothing in a dry run", async () => {
    const { manage, store } = await world();
    const exported = await manage.export();
    await store.db.deleteFrom("signing_key").execute();
    const dry = await manage.import(exported, { dryRun: true });
    expect(await store.db.selectFrom("signing_key").select("kid").execute()).toEqual([]);
    expect((await manage.import(exported)).steps).toEqual(dry.steps);
  });

  it("gives an imported older issuer key a day beside the one that signs, and then an end", async () => {
    const { manage, store, start, admin, issuer, signedBy, later } = await world();
    const exported = await manage.export();
    await store.db.deleteFrom("signing_key").execute();
    later(hour);
    const keys = await start(store);
    const fresh = (await published(keys))[0];
    const { steps } = await admin(store).import(exported);
    expect(steps).toContainEqual({ kid: issuer, purpose: "issuer", does: "add", state: "retiring" });
    later(6 * second);
    expect(await published(keys)).toEqual([fresh, issuer]);
    expect(await signedBy(keys)).toBe(fresh);
    later(24 * hour);
    expect(await published(keys)).toEqual([fresh]);
  });

  it("never lets an import end the only key that signs", async () => {
    const { manage, keys, issuer, signedBy, later } = await world();
    const { v, keys: exported } = await manage.export();
    const ended = { v, keys: exported.map((key) => ({ ...key, retired_at: "2026-11-23T09:00:01.000Z" })) };
    const { steps } = await manage.import(ended);
    expect(steps).toContainEqual({ kid: issuer, purpose: "issuer", state: "active", does: "keep", why: "signs_here" });
    later(100 * hour);
    expect(await signedBy(keys)).toBe(issuer);
  });

  it("starts with a key that signs also after a restore of nothing but old ones", async () => {
    const { manage, store, start, issuer, signedBy, later } = await world();
    const { v, keys: exported } = await manage.export();
    await store.db.deleteFrom("signing_key").execute();
    const ended = { v, keys: exported.map((key) => ({ ...key, retired_at: "2026-11-23T10:00:00.000Z" })) };
    later(3 * hour);
    await manage.import(ended);
    const keys = await start(store);
    expect(await signedBy(keys)).not.toBe(issuer);
  });

  it("C70 takes a ledger key of another installation to verify with, and its private half later", async () => {
    const { manage, keys, ledger } = await world();
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const foreign = ledgerKid(publicKey);
    const entry = {
      purpose: "ledger",
      private_key: null,
      public_key: ledgerKeyText(publicKey),
      active_from: "2026-01-01T00:00:00Z",
      retired_at: null,
    };
    const does = async (file: unknown) => (await manage.import(file)).steps.map((step) => step.does);
    expect(await does({ v: 1, keys: [entry] })).toEqual(["add"]);
    expect(await does({ v: 1, keys: [entry] })).toEqual(["keep"]);
    await keys.refresh();
    expect(keys.ledgerKeyOf(foreign)).toBeDefined();
    expect(keys.ledgerSigner(foreign)).toBeUndefined();
    const whole = { ...entry, private_key: privateKey.export({ format: "pem", type: "pkcs8" }).toString() };
    expect(await does({ v: 1, keys: [whole] })).toEqual(["add_private"]);
    await keys.refresh();
    expect(keys.ledgerSigner(foreign)).toBeDefined();
    expect(keys.ledger.kid).toBe(ledger);
  });

  it("seals keys again whose sealing key was lost, and erases what no export has only when told to", async () => {
    const { manage, store, start, admin, issuer, ledger, signedBy } = await world();
    const exported = await manage.export();
    const later = await manage.rotateLedger();
    const lost = randomBytes(32);
    const rescue = admin(store, lost);
    expect((await rescue.list()).every((key) => !key.opens)).toBe(true);
    await expect(rescue.export()).rejects.toMatchObject({ code: "sealing_key_wrong" });

    const { steps, unreadable } = await rescue.import(exported);
    expect(Object.fromEntries(steps.map((step) => [step.kid, step.does]))).toEqual({
      [issuer]: "seal_again",
      [ledger]: "seal_again",
      [later.kid]: "keep",
    });
    expect(unreadable).toEqual([later.kid]);
    await expect(start(store, { sealer: sealer(lost) })).rejects.toMatchObject({ code: "sealing_key_wrong" });

    const dropped = await rescue.import({ v: 1, keys: [] }, { dropUnreadable: true });
    expect(dropped.steps.map((step) => [step.kid, step.does])).toEqual([[later.kid, "drop"]]);
    const keys = await start(store, { sealer: sealer(lost) });
    expect(await signedBy(keys)).toBe(issuer);
    expect(keys.ledger.kid).toBe(ledger);
  });

  it("begins with new keys where nothing opens and there is no export", async () => {
    const { store, start, admin, issuer, signedBy } = await world();
    const lost = randomBytes(32);
    await admin(store, lost).import({ v: 1, keys: [] }, { dropUnreadable: true });
    const keys = await start(store, { sealer: sealer(lost) });
    expect(await published(keys)).not.toContain(issuer);
    expect(await signedBy(keys)).toBe((await published(keys))[0]);
  });

  it("refuses a file that is no export, without a word of what it holds", async () => {
    const { manage } = await world();
    const { keys: exported } = await manage.export();
    const broken = {
      ...exported[0],
      private_key: "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
    };
    const swapped = exported.map((key) => ({ ...key, public_key: ledgerKeyText(testKey("x").publicKey) }));
    const unrevoked = exported.map((key) => ({ ...key, private_key: null }));
    const crossed = exported.map((key) => ({ ...key, purpose: key.purpose === "issuer" ? "ledger" : "issuer" }));
    const lists = [[broken], swapped, unrevoked, crossed, [...exported, ...exported]];
    for (const bad of [null, { v: 1 }, ...lists.map((keys) => ({ v: 1, keys }))]) {
      const error: unknown = await manage.import(bad).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: "bad_key_export" });
      expect(`${String(error)}${String((error as Error).cause)}`).not.toMatch(/hunter2|PRIVATE/);
    }
  });
});
