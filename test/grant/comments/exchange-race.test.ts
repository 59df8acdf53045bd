import { afterEach, beforeEach, expect, test } from "vitest";
import { policyDigest } from "../../../src/access-repo/index.ts";
import type { Recorder } from "../../../src/recorder/index.ts";
import { type Issuer, startIssuer } from "../../exchange/issuer.ts";
import { ask, codeOf, startWorld, states, type World } from "../../exchange/world.ts";
import { describeStores } from "../../helpers/stores.ts";
import { alice, Conversation, server } from "./world.ts";

describeStores("a command that races an exchange", (open) => {
  let issuer: Issuer;
  let world: World;
  let talk: Conversation;
  let one: ReturnType<typeof server>;
  beforeEach(async () => {
    issuer = await startIssuer();
    world = await startWorld((await open()).db, issuer);
    talk = new Conversation(world.github.policy);
    expect(policyDigest(talk.policy)).toBe(world.github.digest());
    one = server(world.db, talk, world.recorder, world.time);
    talk.say(alice, "/countersign revoke while it runs");
  });
  afterEach(() => issuer.close());

  for (const state of ["minting", "minted", "recorded"] as const) {
    test(`C59 seen right after "${state}": nothing is released, and the answer says that nothing lives`, async () => {
      if (state === "minting") world.cloud.mintAs = async () => one.read();
      const recorder: Pick<Recorder, "append" | "caughtUp" | "flush"> = {
        append: (...args) => world.recorder.append(...args),
        caughtUp: (repo) => world.recorder.caughtUp(repo),
        flush: async (repo) => {
          if (state === "minted") await one.read();
          await world.recorder.flush(repo);
          if (state === "recorded") await one.read();
        },
      };
      expect(codeOf(await ask({ issuer, exchange: world.restart({ recorder }) }))).toBe("grant_revoked");
      expect(await states(world.db)).toEqual(["dropped"]);
      expect(talk.answers()).toHaveLength(1);
      expect(talk.answers()[0]).toContain("No credentials were issued under it.");
    });
  }

  test("seen after the release: the answer names what lives on, and until when", async () => {
    expect(codeOf(await ask(world))).toBe("released");
    await one.read();
    const { id } = await world.db.selectFrom("exchange").select("id").executeTakeFirstOrThrow();
    expect(talk.answers()[0]).toContain(`lives until 2026-11-23T10:15:00Z; session \`cs-${id}\``);
    expect(talk.answers()[0]).toContain('"aws:TokenIssueTime":"2026-11-23T10:00:05Z"');
    expect(codeOf(await ask(world, { run_id: "901" }))).toBe("grant_revoked");
  });

  test("what has ended by itself is not told as living", async () => {
    expect(codeOf(await ask(world))).toBe("released");
    world.time.now = new Date(world.time.now.getTime() + 901_000);
    await one.read();
    expect(talk.answers()[0]).toContain("All credentials that were issued under it have ended.");
  });
});
