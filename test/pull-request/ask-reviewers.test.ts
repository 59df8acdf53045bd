import { expect, test } from "vitest";
import type { Snapshot } from "../../src/approval/types.ts";
import type { GitHub } from "../../src/github/types.ts";
import { askReviewers } from "../../src/pull-request/ask-reviewers.ts";
import type { Db } from "../../src/store/index.ts";
import { bob, review, type World } from "../approval/world.ts";
import { describeStores } from "../helpers/stores.ts";
import { decided } from "./world.ts";

describeStores("who is asked for a review", (open) => {
  const start = async () => {
    const { db } = await open();
    const asked: (readonly string[])[] = [];
    const github = {
      requestReviewers: async (_: unknown, __: number, { users, teams }: { users: string[]; teams: string[] }) =>
        void asked.push([...users, ...teams]),
    } as unknown as GitHub;
    return { db, asked, github };
  };
  const ask = async (
    { db, github }: { db: Db; github: GitHub },
    world: World = {},
    more: Partial<Snapshot["pullRequest"]> = {},
  ) => {
    const { decision, input } = decided({ ...world, pullRequest: more });
    await askReviewers({ db, github }, input.snapshot, decision);
  };

  test("those who are missing, each once", async () => {
    const it = await start();
    await ask(it);
    await ask(it);
    expect(it.asked).toEqual([["bob", "carol"]]);
  });

  test("nobody whom GitHub asked already", async () => {
    const it = await start();
    await ask(it, {}, { requestedReviewers: ["@Bob"] });
    expect(it.asked).toEqual([["carol"]]);
  });

  test("nobody whom somebody took off, though GitHub and not we had asked", async () => {
    const it = await start();
    await ask(it, {}, { requestedReviewers: ["@bob", "@carol"] });
    await ask(it, {}, { requestedReviewers: [] });
    expect(it.asked).toEqual([]);
  });

  test("nobody who has reviewed, whatever the review was worth", async () => {
    const it = await start();
    await ask(it, { settings: "approvals: 2\n", reviews: [review(bob)] });
    await ask(it, { reviews: [review(bob, { state: "DISMISSED" })] });
    expect(it.asked).toEqual([["carol"]]);
  });

  test("nobody for a draft, and everybody when it is ready", async () => {
    const it = await start();
    await ask(it, {}, { draft: true });
    expect(it.asked).toEqual([]);
    await ask(it);
    expect(it.asked).toEqual([["bob", "carol"]]);
  });

  test("teams as well, and fifteen in all, however many own it and however often it is looked at", async () => {
    const it = await start();
    const owners = Array.from({ length: 30 }, (_, i) => `@user-${i}`).join(" ");
    const codeowners = `* @acme/platform\n/requests/aws-prod/ @acme/sre ${owners}\n`;
    await ask(it, { codeowners });
    await ask(it, { codeowners });
    expect(it.asked).toHaveLength(1);
    expect(it.asked[0]).toHaveLength(15);
    expect(it.asked[0]).toContain("sre");
  });

  test("again where GitHub could not be asked", async () => {
    const it = await start();
    const failing = { requestReviewers: () => Promise.reject(new Error("unreachable")) } as unknown as GitHub;
    await expect(ask({ db: it.db, github: failing })).rejects.toThrow("unreachable");
    await ask(it);
    expect(it.asked).toEqual([["bob", "carol"]]);
  });
});
