import { beforeEach, describe, expect, test } from "vitest";
import { findCommands } from "../../../src/grant/comments/find-commands.ts";
import type { GitHub } from "../../../src/github/types.ts";
import { readEnrolment } from "../../../src/pull-request/index.ts";
import type { Issuer } from "../../exchange/issuer.ts";
import { startWorld, type World } from "../../exchange/world.ts";
import { useStore } from "../../helpers/stores.ts";
import { access } from "../../recorder/world.ts";
import { Conversation, server } from "./world.ts";

describe("commands that no webhook told of", () => {
  const open = useStore();
  let world: World;
  let comments: { id: number; number: number; body: string; updatedAt: Date }[];
  let asked: Date[];
  beforeEach(async () => {
    world = await startWorld((await open()).db, { url: "https://issuer.example" } as Issuer);
    comments = [];
    asked = [];
  });
  const say = (number: number, body: string, ago: number): void => {
    const updatedAt = new Date(world.time.now.getTime() - ago * 1000);
    comments.push({ id: 100 + comments.length, number, body, updatedAt });
  };
  const find = async (skew = 0): Promise<readonly string[]> => {
    const github: Pick<GitHub, "commentsSince" | "skewSeconds"> = {
      skewSeconds: () => skew,
      commentsSince: async (_, since) => {
        asked.push(since);
        return comments.filter((c) => c.updatedAt >= since).slice(0, 100);
      },
    };
    const { deps, enqueued } = server(world.db, new Conversation(world.github.policy), world.recorder, world.time);
    const enrolment = await readEnrolment(world.db, access.id);
    if (!enrolment) throw new Error("no enrolment");
    await findCommands({ ...deps, github: github as GitHub }, enrolment);
    return enqueued;
  };
  const key = (number: number): string => `comments:${access.id}:${number}`;

  test("those of a day are found at first, each conversation once, and chatter is none", async () => {
    say(1, "/countersign revoke a", 3600);
    say(1, "/countersign revoke b", 1800);
    say(2, "> /countersign revoke quoted", 1800);
    say(3, "/countersign help", 60);
    expect(await find()).toEqual([key(1), key(3)]);
  });

  test("later looks begin shortly before the one before, by GitHub's clock, and what was handled is not looked at again", async () => {
    say(1, "/countersign revoke a", 3600);
    await find();
    expect(await find()).toEqual([]);
    expect(asked[1]).toEqual(new Date(world.time.now.getTime() - 300_000));
    say(1, "/countersign revoke b", 30);
    expect(await find(-3600)).toEqual([key(1)]);
    await world.db
      .insertInto("handled_comment")
      .values({
        repository_id: access.id,
        comment_id: 101,
        number: 1,
        author_id: 1,
        author_login: "a",
        command: "revoke",
        effect: null,
        reply: null,
        seen_at: world.time.now,
        reply_tried_at: null,
        finished_at: world.time.now,
      })
      .execute();
    expect(await find()).toEqual([]);
  });

  test("behind hundreds of comments a command is found, over as many sweeps as it takes", async () => {
    for (let i = 0; i < 750; i++) say(1, "chatter", 80_000 - i);
    say(2, "/countersign revoke at last", 100);
    expect(await find()).toEqual([]);
    expect(await find()).toEqual([key(2)]);
  });

  test("an answer that does not stand yet is asked for again", async () => {
    await world.db
      .insertInto("handled_comment")
      .values({
        repository_id: access.id,
        comment_id: 5,
        number: 9,
        author_id: 1,
        author_login: "a",
        command: "help",
        effect: null,
        reply: "text",
        seen_at: world.time.now,
        reply_tried_at: null,
        finished_at: null,
      })
      .execute();
    expect(await find()).toEqual([key(9)]);
  });
});
