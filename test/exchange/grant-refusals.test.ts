import { afterEach, beforeEach, expect, test } from "vitest";
import { GrantRefusals } from "../../src/exchange/grant-refusals.ts";
import { Refused } from "../../src/exchange/refused.ts";
import { useStore } from "../helpers/stores.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { ask, codeOf, startWorld, targetText, type World } from "./world.ts";

const open = useStore();
let issuer: Issuer;
let world: World;
beforeEach(async () => {
  issuer = await startIssuer();
  world = await startWorld((await open()).db, issuer);
});
afterEach(() => issuer.close());

/** What the readers of the access repo are told of its grants. */
async function told() {
  await world.exchange.sweep();
  return world.db.selectFrom("grant_refusal").select(["grant_id", "code", "words", "correlation_id"]).execute();
}
const correlationOf = (answer: Awaited<ReturnType<typeof ask>>) => String(answer.body.correlation_id);

test("a refusal under a grant is told with the correlation id that the job got, and its comment is looked at", async () => {
  world.github.setPolicy(targetText().replace("role/countersign-operator", "role/another"));
  await world.db.updateTable("enrolment").set({ accepted_digest: world.github.digest() }).execute();
  const answer = await ask(world);
  expect(codeOf(answer)).toBe("policy_changed");
  expect(await told()).toEqual([
    {
      grant_id: world.grant,
      code: "policy_changed",
      words:
        "The policy in force no longer yields the plan that was approved. Ask again, so that the new plan is approved.",
      correlation_id: correlationOf(answer),
    },
  ]);
  const { repository_id } = await world.db.selectFrom("grant").select("repository_id").executeTakeFirstOrThrow();
  expect(world.enqueued).toContain(`comment:${repository_id}:7`);
});

test("so is one of a job of exactly its workflow that does not fit it", async () => {
  const answer = await ask(world, { environment: "staging" });
  expect(codeOf(answer)).toBe("environment_mismatch");
  expect(await told()).toMatchObject([
    { grant_id: world.grant, code: "environment_mismatch", correlation_id: correlationOf(answer) },
  ]);
});

test("C44 a job of another workflow leaves nothing behind, whatever it says", async () => {
  const answer = await ask(world, {
    workflow_ref: "acme/infra/.github/workflows/other.yml@refs/heads/main",
    job_workflow_ref: "acme/infra/.github/workflows/other.yml@refs/heads/main",
  });
  expect(codeOf(answer)).toBe("access_denied");
  expect(await told()).toEqual([]);
});

test("what ends well, and an outage, are no refusals", async () => {
  expect(codeOf(await ask(world))).toBe("released");
  world.github.wait = 30;
  expect(codeOf(await ask(world))).toBe("temporarily_unavailable");
  expect(await told()).toEqual([]);
});

test("C66 the same refusal again is no news for five minutes, another is", async () => {
  const at = async (minute: number, code: "frozen" | "grant_revoked", correlationId: string) => {
    const time = new Date(Date.UTC(2026, 10, 23, 9, minute));
    const refusals = new GrantRefusals({ ...parts, clock: { now: () => time } });
    refusals.note(world.grant, new Refused(code), correlationId);
    await refusals.flush();
    const [row] = await world.db.selectFrom("grant_refusal").select("correlation_id").execute();
    return row?.correlation_id;
  };
  const enqueued: string[] = [];
  const parts = {
    db: world.db,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    enqueue: async (key: string) => void enqueued.push(key),
  };
  expect(await at(0, "frozen", "first")).toBe("first");
  expect(await at(1, "frozen", "second")).toBe("first");
  expect(await at(2, "grant_revoked", "third")).toBe("third");
  expect(await at(6, "grant_revoked", "fourth")).toBe("third");
  expect(await at(7, "grant_revoked", "fifth")).toBe("fifth");
});

test("C66 a flood over many grants is held to a bounded number between two writes, and keeps none of the others", async () => {
  let failed = 0;
  const refusals = new GrantRefusals({
    db: world.db,
    clock: { now: () => world.time.now },
    log: { info: () => undefined, warn: () => void failed++, error: () => undefined },
    enqueue: async () => undefined,
  });
  for (let i = 0; i < 1000; i++) refusals.note(`no-such-grant-${i}`, new Refused("frozen"), String(i));
  refusals.note(world.grant, new Refused("frozen"), "too late");
  await refusals.flush();
  refusals.note(world.grant, new Refused("frozen"), "told");
  await refusals.flush();
  // A grant that never was is refused by the database.
  expect(failed).toBe(200);
  expect(await world.db.selectFrom("grant_refusal").select("correlation_id").execute()).toEqual([
    { correlation_id: "told" },
  ]);
});
