import { afterEach, beforeEach, expect, test } from "vitest";
import { RetryLater } from "../../src/base/errors.ts";
import { commitSha } from "../../src/base/ids.ts";
import { CloudError } from "../../src/cloud/index.ts";
import { sealer } from "../../src/issuer/index.ts";
import type { Recorder } from "../../src/recorder/index.ts";
import { describeStores } from "../helpers/stores.ts";
import { now } from "./fixtures.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { ask, codeOf, startWorld, states, targetText, until, type World } from "./world.ts";

const away = async (): Promise<never> => {
  throw new CloudError("cloud_unavailable", "not now");
};

describeStores("tokens that can be revoked", (open) => {
  let issuer: Issuer;
  let world: World;
  beforeEach(async () => {
    issuer = await startIssuer();
    world = await startWorld((await open()).db, issuer);
    await world.db.updateTable("grant").set({ runs: 100 }).execute();
    world.cloud.revocable = true;
  });
  afterEach(() => issuer.close());

  const rows = () =>
    world.db
      .selectFrom("exchange")
      .select(["id", "sealed_token", "sealed_until", "revoke_tried_at"])
      .where("sealed_token", "is not", null)
      .orderBy("started_at")
      .execute();
  const later = (ms: number) => (world.time.now = new Date(now.getTime() + ms));
  const end = (state: "revoked" | "quarantined" = "revoked") =>
    world.db.updateTable("grant").set({ state, ended_at: now }).execute();

  test("C47 one that was released is kept sealed until its grant ends, and is revoked by the next sweep", async () => {
    expect(codeOf(await ask(world))).toBe("released");
    const [row] = await rows();
    expect(row?.sealed_token).toMatch(/^v1\.[0-9a-f]{8}\./);
    expect(row?.sealed_token).not.toContain("secret-1");
    expect(row?.sealed_until).toEqual(new Date(now.getTime() + 3_600_000));
    await world.exchange.sweep();
    later(1_799_000);
    await world.exchange.sweep();
    expect(world.cloud.revoked).toEqual([]);
    later(1_800_000);
    await world.exchange.sweep();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
    expect(await rows()).toEqual([]);
    await world.exchange.sweep();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
    expect(await states(world.db)).toEqual(["released"]);
  });

  test.each(["revoked", "quarantined"] as const)("C59 at once where the grant was %s", async (state) => {
    await ask(world);
    await end(state);
    await world.exchange.revokeEnded();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
  });

  test("C59 a freeze ends what it covers and nothing else; it comes back with a new exchange", async () => {
    await ask(world);
    world.config.frozen = [{ kind: "requester", login: "somebody-else" }];
    await world.exchange.revokeEnded();
    expect(world.cloud.revoked).toEqual([]);
    world.config.frozen = [{ kind: "approver", login: "BOB" }];
    await world.exchange.revokeEnded();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
    world.config.frozen = [];
    expect(codeOf(await ask(world))).toBe("released");
  });

  test("C59 a freeze by the accepted policy ends them as well, and one that cannot be read ends none", async () => {
    await ask(world);
    world.github.setPolicy(undefined, "[all]");
    await world.db
      .updateTable("enrolment")
      .set({ accepted_digest: world.github.digest(), accepted_commit: "e".repeat(40) })
      .execute();
    const broken = world.restart({ policies: { at: () => Promise.reject(new Error("no")) } });
    await broken.revokeEnded();
    expect(world.cloud.revoked).toEqual([]);
    await world.restart().revokeEnded();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
  });

  /** What reconciling a head does where it accepts a policy; each has a commit of its own. */
  const accept = async (target: string, n: number) => {
    world.github.setPolicy(target);
    const commit = n.toString(16).repeat(40);
    world.github.head = commitSha(commit);
    await world.db
      .updateTable("enrolment")
      .set({ accepted_digest: world.github.digest(), accepted_commit: commit, head_sha: commit })
      .execute();
    await world.exchange.revokeEnded();
  };

  test("C56 a policy that no longer yields the plan ends the tokens that are out, and the grant comes back with the policy", async () => {
    const before = targetText();
    await ask(world);
    await accept(`${before}    approvals: 2\n`, 1);
    expect(world.cloud.revoked).toEqual([]);
    await accept(before.replace("countersign-operator", "administrator"), 2);
    expect(world.cloud.revoked).toEqual(["secret-1"]);
    expect(await rows()).toEqual([]);
    expect(codeOf(await ask(world, { run_id: "901" }))).toBe("policy_changed");
    await accept(before, 3);
    expect(codeOf(await ask(world, { run_id: "902" }))).toBe("released");
    await world.exchange.sweep();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
    expect(await world.db.selectFrom("grant").select("state").execute()).toEqual([{ state: "active" }]);
  });

  test("C56 a token that the policy of today gave is left alone by the policies after it that yield the same plan", async () => {
    await accept(`${targetText()}    approvals: 2\n`, 1);
    await ask(world);
    await accept(`${targetText()}    approvals: 3\n`, 2);
    await world.restart().revokeEnded();
    expect(world.cloud.revoked).toEqual([]);
    expect(await rows()).toHaveLength(1);
  });

  test("C56 what cannot be read now ends nothing, and is read again by the next sweep", async () => {
    await ask(world);
    const unreadable = { files: () => Promise.reject(new RetryLater("github_unreachable", "no")) };
    const other = world.restart({
      github: Object.assign(Object.create(world.github) as typeof world.github, unreadable),
    });
    world.exchange.revokeEnded = () => other.revokeEnded();
    await accept(targetText().replace("countersign-operator", "administrator"), 1);
    expect(world.cloud.revoked).toEqual([]);
    expect(world.log.at(-1)).toMatchObject({ code: "github_unreachable" });
    await world.restart().sweep();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
  });

  for (const state of ["minting", "minted", "recorded"] as const) {
    test(`C59 a revocation right after "${state}": not released, and the token is over before the job is told`, async () => {
      world.cloud.mintAs = state === "minting" ? async () => void (await end()) : undefined;
      const recorder: Pick<Recorder, "append" | "caughtUp" | "flush"> = {
        append: (...args) => world.recorder.append(...args),
        caughtUp: (repo) => world.recorder.caughtUp(repo),
        flush: async (repo) => {
          if (state === "minted") await end();
          await world.recorder.flush(repo);
          if (state === "recorded") await end();
        },
      };
      expect(codeOf(await ask({ issuer, exchange: world.restart({ recorder }) }))).toBe("grant_revoked");
      expect(world.cloud.revoked).toEqual(["secret-1"]);
      expect(await states(world.db)).toEqual(["dropped"]);
      expect(await rows()).toEqual([]);
    });
  }

  test("C58 a process that dies after minted leaves the token sealed; the next one's sweep ends it", async () => {
    const never = new Promise<never>(() => {});
    void ask({ issuer, exchange: world.restart({ recorder: { ...world.recorder, flush: () => never } }) });
    await until(async () => (await states(world.db))[0] === "minted");
    const other = world.restart();
    await other.sweep();
    expect(world.cloud.revoked).toEqual([]); // it may still be released by its process
    later(45_000);
    await other.sweep();
    expect(await states(world.db)).toEqual(["dropped"]);
    expect(world.cloud.revoked).toEqual(["secret-1"]);
  });

  test("C58 one that comes after the deadline, or cannot be stored, is given back from memory", async () => {
    world.cloud.mintAs = async (n) => {
      // The sweep of another replica was faster.
      if (n === 1) await world.db.updateTable("exchange").set({ state: "dropped" }).execute();
    };
    expect(codeOf(await ask(world))).toBe("issue_timeout");
    expect(world.cloud.revoked).toEqual(["secret-1"]);
    const broken = {
      seal: () => {
        throw new Error("no");
      },
      open: () => Buffer.alloc(0),
    };
    expect(codeOf(await ask({ issuer, exchange: world.restart({ sealer: broken }) }))).toBe("temporarily_unavailable");
    expect(world.cloud.revoked).toEqual(["secret-1", "secret-2"]);
  });

  test("what cannot be revoked now is tried in every sweep until the cloud says that it is gone", async () => {
    await ask(world);
    await end();
    world.cloud.revokeAs = away;
    for (const s of [60, 120, 180]) {
      later(s * 1000);
      await world.exchange.sweep();
      expect((await rows())[0]?.revoke_tried_at).toEqual(world.time.now);
    }
    expect(JSON.stringify(world.log)).not.toContain("secret-1");
    world.cloud.revokeAs = undefined;
    await world.restart().sweep();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
    expect(await rows()).toEqual([]);
  });

  test("a cloud that is away is not asked for every token, and no token hides behind those that fail", async () => {
    await Promise.all(Array.from({ length: 40 }, (_, i) => ask(world, { run_id: String(1000 + i) })));
    await end();
    let tries = 0;
    const bad = new Set<string>();
    world.cloud.revokeAs = async (secret) => {
      tries++;
      if (bad.size < 24) bad.add(secret);
      if (bad.has(secret)) await away();
    };
    await world.exchange.sweep();
    expect(tries).toBeLessThanOrEqual(24);
    later(60_000);
    await world.exchange.sweep();
    later(120_000);
    await world.exchange.sweep();
    expect(new Set(world.cloud.revoked).size).toBe(16);
    expect((await rows()).length).toBe(24);
  });

  test("once it is surely over by itself it is erased without a call, whatever happened to its keys", async () => {
    await ask(world);
    world.cloud.revokeAs = away;
    later(3_600_000);
    await world.exchange.sweep();
    expect(await rows()).toHaveLength(1);
    later(3_900_000);
    const lost = world.restart({ sealer: sealer(Buffer.alloc(32, 9)), brokers: new Map() });
    await lost.sweep();
    expect(await rows()).toEqual([]);
    expect(world.cloud.revoked).toEqual([]);
  });

  test("SEALING_KEY may be rotated meanwhile; without the old one the token is kept, and said to be", async () => {
    await ask(world);
    await end();
    const [old, next] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)];
    await world.restart({ sealer: sealer(next) }).sweep();
    expect(world.cloud.revoked).toEqual([]);
    expect(world.log.at(-1)).toMatchObject({ code: "sealing_key_wrong" });
    await world.restart({ sealer: sealer(next, old) }).sweep();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
  });

  test("a sealed token opens in its own row only", async () => {
    await ask(world);
    later(1); // rows come by when they began
    await ask(world, { run_id: "901" });
    const [one, two] = await rows();
    await world.db.updateTable("exchange").set({ sealed_token: one!.sealed_token }).where("id", "=", two!.id).execute();
    await end();
    await world.exchange.sweep();
    expect(world.cloud.revoked).toEqual(["secret-1"]);
  });

  test("a hundred at once, two replicas sweeping: each ends once or more, none is left", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(world, { run_id: String(1000 + i) })));
    expect(new Set(answers.map(codeOf))).toEqual(new Set(["released"]));
    await end();
    await Promise.all([world.exchange.sweep(), world.restart().sweep()]);
    expect(new Set(world.cloud.revoked)).toEqual(new Set(answers.map((a) => String(a.body["access_token"]))));
    expect(await rows()).toEqual([]);
  });

  test("clouds that cannot revoke leave nothing sealed", async () => {
    world.cloud.revocable = false;
    expect(codeOf(await ask(world))).toBe("released");
    await end();
    await world.exchange.sweep();
    expect([await rows(), world.cloud.revoked]).toEqual([[], []]);
  });
});
