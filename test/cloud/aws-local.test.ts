import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloudError } from "../../src/cloud/index.ts";
import { formatInstant } from "../../src/base/duration.ts";
import { allowing, type AwsWorld, credentialsOf, plan, startAws } from "./aws-world.ts";
import { context, start, window } from "./azure-world.ts";

// The broker and a job against the local AWS, which enforces what AWS does; aws.test.ts has the wire and the errors.

const at = (seconds: number) => new Date(+start + seconds * 1000);
const left = (seconds: number) => ({ window: { ...window, expiresAt: at(seconds) } });
const reading = (bucket: string, change = {}) =>
  plan({ request: { ...allowing(["s3:GetObject"], [`arn:aws:s3:::${bucket}/*`]), duration: 43_200 }, ...change });
const hours12 = { role: { max_session: 43_200, max_duration: 43_200 } };

let world: AwsWorld;
beforeEach(async () => {
  world = await startAws();
  for (const bucket of ["acme-stale-logs", "acme-other"])
    world.aws.buckets.set(bucket, new Map([["a", Buffer.from("x")]]));
});
afterEach(() => world.close());

const minting = (change: Parameters<AwsWorld["mint"]>[0]): Promise<unknown> =>
  world.mint(change).then(
    () => "minted",
    (error: unknown) => (error instanceof CloudError ? `${error.code}: ${error.message}` : error),
  );
const assumed = () => world.aws.log.filter(({ action }) => action === "sts:AssumeRoleWithWebIdentity");

describe("a session of AWS", () => {
  it("does what the plan says, and nothing of what the role could beside it", async () => {
    const job = world.job(await world.mint({ plan: reading("acme-stale-logs") }));
    expect(await job.get("acme-stale-logs", "a")).toBe("ok");
    expect([
      await job.put("acme-stale-logs", "a"),
      await job.get("acme-other", "a"),
      await job.deleteBucket("acme-other"),
    ]).toEqual(["AccessDenied", "AccessDenied", "AccessDenied"]);
  });

  it("C55 is not to be had by a subject that the role does not trust, nor by a forged signature", async () => {
    world.configure({}, "repository:10:oidc:aws-prod:operator");
    expect(await minting({})).toMatch(/^cloud_denied: .*trust policy/);
    world.configure();
    expect(await minting({ sign: world.issuer.forge })).toMatch(/^cloud_misconfigured: /);
    expect(await minting({})).toBe("minted");
  });
});

describe("C47 lifetimes at the edges", () => {
  it.each([
    [1, 900],
    [2, 900],
    [899, 900],
    [900, 900],
    [901, 901],
    [3599, 3599],
    [3600, 3600],
  ])("with %i s left the session has %i s, and the grant's end ends what it may do", async (seconds, lives) => {
    const minted = await world.mint({ plan: reading("acme-stale-logs"), ...left(seconds) });
    expect(assumed().at(-1)?.parameters).toMatchObject({ DurationSeconds: String(lives) });
    expect([minted.response.expires_in, minted.expiresAt]).toEqual([seconds, at(seconds)]);
    const job = world.job(minted);
    world.clock.now = at(seconds - 1);
    expect(await job.get("acme-stale-logs", "a")).toBe("ok");
    world.clock.now = at(seconds);
    expect(await job.get("acme-stale-logs", "a")).toBe(lives > seconds ? "AccessDenied" : "ExpiredToken");
    world.clock.now = at(lives);
    expect(await job.whoAmI()).toBe("ExpiredToken");
  });

  it.each([
    [900, 900],
    [3600, 3600],
    [43_200, 43_200],
  ])("with a day left it has max_session, %i s", async (max_session, lives) => {
    world.configure({ maxSession: 43_200 });
    const of = reading("acme-stale-logs", { role: { ...hours12.role, max_session } });
    const minted = await world.mint({ plan: of, ...left(86_400) });
    expect([minted.response.expires_in, minted.expiresAt]).toEqual([lives, at(lives)]);
    const job = world.job(minted);
    world.clock.now = at(lives - 1);
    expect(await job.get("acme-stale-logs", "a")).toBe("ok");
    world.clock.now = at(lives);
    expect(await job.get("acme-stale-logs", "a")).toBe("ExpiredToken");
  });

  it("max_session over the role's own maximum is refused with the cure, one second over it as well", async () => {
    for (const seconds of [3601, 43_200])
      expect(await minting({ plan: reading("acme-stale-logs", hours12), ...left(seconds) })).toMatch(
        /^cloud_misconfigured: max_session .* MaxSessionDuration/,
      );
    expect(await minting({ plan: reading("acme-stale-logs", hours12), ...left(3600) })).toBe("minted");
  });

  it.each([0, -1])("with %i s left there is none, and nothing is signed or asked for", async (seconds) => {
    expect(await minting(left(seconds))).toMatch(/^cloud_denied: /);
    expect([world.issuer.signed, assumed()]).toEqual([[], []]);
  });
});

describe("a hundred grants at once", () => {
  it("get a hundred sessions, each of its own grant, role, statements and end", async () => {
    const role = (n: number) => `arn:aws:iam::123456789012:role/operator-${n % 10}`;
    const subject = (n: number) => `repository:10:aws:t${n % 10}:operator`;
    const bucket = (n: number) => `acme-${n}`;
    const grant = (n: number) => `${String(n).padStart(8, "0")}-d9cb-469f-a165-70867728950e`;
    for (let n = 0; n < 10; n++) world.configure({ roleArn: role(n) }, subject(n));
    const all = Array.from({ length: 100 }, (_, n) => n);
    for (const n of all) world.aws.buckets.set(bucket(n), new Map([["a", Buffer.from("x")]]));
    const minted = await Promise.all(
      all.map((n) =>
        world.mint({
          plan: { ...reading(bucket(n)), role_arn: role(n), subject: subject(n) },
          context: { ...context, grant: grant(n), pullRequest: n },
          ...left(1000 + n),
        }),
      ),
    );
    const held = minted.map(credentialsOf);
    for (const part of ["accessKeyId", "secretAccessKey", "sessionToken"] as const)
      expect(new Set(held.map((one) => one[part])).size).toBe(100);
    const called = new Map(assumed().map((call) => [call.accessKeyId, call]));
    expect(called.size).toBe(100);
    await Promise.all(
      all.map(async (n) => {
        const job = world.job(held[n] ?? { accessKeyId: "", secretAccessKey: "" });
        const name = `cs-${grant(n).replaceAll("-", "").slice(0, 12)}-pr${n}-16000000001-2`;
        const arn = `${role(n).replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/${name}`;
        // Each opens its own door, and its neighbour's, of another role or of the same, stays shut.
        expect([
          await job.get(bucket(n), "a"),
          await job.get(bucket((n + 1) % 100), "a"),
          await job.get(bucket((n + 10) % 100), "a"),
        ]).toEqual(["ok", "AccessDenied", "AccessDenied"]);
        const seen = world.aws.log.filter((c) => c.accessKeyId === held[n]?.accessKeyId && c.action === "s3:GetObject");
        expect(seen.map(({ principal }) => principal)).toEqual([arn, arn, arn]);
        // What was answered, what goes to the ledger and what AWS saw are of the one grant.
        expect(minted[n]?.expiresAt).toEqual(at(1000 + n));
        const identifiers = {
          access_key_id: held[n]?.accessKeyId,
          assumed_role_arn: arn,
          source_identity: `cs-${grant(n)}`,
        };
        expect(minted[n]?.identifiers).toMatchObject(identifiers);
        const call = called.get(held[n]?.accessKeyId);
        expect(call).toMatchObject({ resource: role(n), principal: subject(n) });
        expect(call?.parameters?.["Policy"]).toContain(formatInstant(at(1000 + n)));
        expect(call?.claims).toMatchObject({
          "https://aws.amazon.com/source_identity": `cs-${grant(n)}`,
          "https://aws.amazon.com/roles": [role(n)],
        });
      }),
    );
  });
});
