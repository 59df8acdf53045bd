import { expect, it } from "vitest";
import { digestOf } from "../src/base/canonical-json.ts";
import { readiness } from "../src/readiness.ts";
import { useStore } from "./helpers/stores.ts";
import { enrol } from "./recorder/world.ts";

const open = useStore();

it("is ready, and says what does not work: GitHub, the clock, enrolment, quarantine", async () => {
  const store = await open();
  const { db } = store;
  const said = (skew: number | null) => readiness(store, { skewSeconds: () => skew }, db);
  await enrol(db);
  expect(await said(-30)).toEqual({ ready: true, degraded: [] });
  expect(await said(null)).toEqual({ ready: true, degraded: ["GitHub has not answered yet"] });
  await db.updateTable("enrolment").set({ state: "pending" }).execute();
  expect(await said(0)).toEqual({ ready: true, degraded: ["acme/access is pending: being enrolled"] });
  const state_reason = "a foreign commit";
  await db
    .updateTable("enrolment")
    .set({ state: "stopped", state_reason, quarantined_digest: digestOf("x") })
    .execute();
  expect((await said(31)).degraded).toEqual([
    "the clock differs from GitHub's by 31 s",
    "acme/access is stopped: a foreign commit",
    "acme/access is in policy quarantine",
  ]);
});

it("is an error where the store does not answer", async () => {
  const { db } = await open();
  const store = { ping: () => Promise.reject(new Error("gone")) };
  await expect(readiness(store, { skewSeconds: () => 0 }, db)).rejects.toThrow("gone");
});
