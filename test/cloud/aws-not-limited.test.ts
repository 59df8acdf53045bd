import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planOf } from "../plan/world.ts";
import { allowing, type AwsWorld, type Credentials, type Job, plan, startAws } from "./aws-world.ts";
import { start, window } from "./azure-world.ts";

// Every sentence under "not limited" of a plan, shown with the real SDK. A new one without a test fails here. What each says that is
// limited all the same (the end, the statements) is shown beside it.

const at = (seconds: number) => new Date(+start + seconds * 1000);
const left = (seconds: number) => ({ window: { ...window, expiresAt: at(seconds) } });
const objects = (bucket: string) => `arn:aws:s3:::${bucket}/*`;
const session = "arn:aws:sts::123456789012:assumed-role/countersign-operator/cs-0f8fad5bd9cb-pr17-16000000001-2";

let world: AwsWorld;
beforeEach(async () => {
  world = await startAws();
  for (const bucket of ["acme-stale-logs", "acme-other"])
    world.aws.buckets.set(bucket, new Map([["a", Buffer.from("hello")]]));
});
afterEach(() => world.close());

const reading = (bucket = "acme-stale-logs", change = {}) =>
  plan({ request: allowing(["s3:GetObject"], [objects(bucket)]), ...change });

/** IAM's CreateAccessKey, signed by the SDK's own signer: there is no client of IAM here. */
async function createAccessKey({ sts }: Job, user: string): Promise<Credentials | string> {
  const url = new URL(world.aws.url);
  const signer = await sts().config.signer();
  const signed = await signer.sign({
    method: "POST",
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: "/",
    query: {},
    headers: { host: url.host, "content-type": "application/x-www-form-urlencoded" },
    body: `Action=CreateAccessKey&Version=2010-05-08&UserName=${user}`,
  });
  const { host: _, ...headers } = signed.headers;
  const answer = await (await fetch(url, { method: "POST", headers, body: signed.body as string })).text();
  const of = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer)?.[1] ?? "";
  return of("Code") || { accessKeyId: of("AccessKeyId"), secretAccessKey: of("SecretAccessKey") };
}

const shown: Readonly<Record<string, () => Promise<void>>> = {
  "sts:GetCallerIdentity cannot be denied: the credentials prove the role's identity until their session ends, up to 15 minutes past the end of the grant.":
    async () => {
      const job = world.job(await world.mint({ plan: reading(), ...left(1) }));
      expect([await job.get("acme-stale-logs", "a"), await job.whoAmI()]).toEqual(["ok", session]);
      for (const seconds of [1, 899]) {
        world.clock.now = at(seconds);
        expect([await job.get("acme-stale-logs", "a"), await job.whoAmI()]).toEqual(["AccessDenied", session]);
      }
      world.clock.now = at(900);
      expect([await job.get("acme-stale-logs", "a"), await job.whoAmI()]).toEqual(["ExpiredToken", "ExpiredToken"]);
    },

  "sts:GetCallerIdentity cannot be denied: the credentials prove the role's identity until their session ends.":
    async () => {
      // The last that may be issued under last_issue_before_end: 900 s are left, and no identity is proven after the end.
      const job = world.job(
        await world.mint({ plan: reading("acme-other", { role: { last_issue_before_end: 900 } }), ...left(900) }),
      );
      expect([await job.get("acme-stale-logs", "a"), await job.whoAmI()]).toEqual(["AccessDenied", session]);
      world.clock.now = at(899);
      expect(await job.whoAmI()).toBe(session);
      world.clock.now = at(900);
      expect(await job.whoAmI()).toBe("ExpiredToken");
    },

  "A resource policy that names the role's session itself can allow more than is listed here, until the end of the grant.":
    async () => {
      const naming = (AWS: string) =>
        world.aws.bucketPolicies.set("acme-other", [
          { Effect: "Allow", Action: "s3:GetObject", Resource: objects("acme-other"), Principal: { AWS } },
        ]);
      const job = world.job(await world.mint({ plan: reading() }));
      expect(await job.get("acme-other", "a")).toBe("AccessDenied");
      naming(plan().role_arn); // the role is not the session: what is listed limits that
      expect(await job.get("acme-other", "a")).toBe("AccessDenied");
      naming(session);
      world.clock.now = new Date(+window.expiresAt - 1000);
      expect([await job.get("acme-other", "a"), await job.put("acme-other", "a")]).toEqual(["ok", "AccessDenied"]);
      world.clock.now = window.expiresAt;
      expect(await job.get("acme-other", "a")).not.toBe("ok");
      // Nor where the session itself lives on.
      world.clock.now = start;
      const short = world.job(await world.mint({ plan: reading(), ...left(60) }));
      expect(await short.get("acme-other", "a")).toBe("ok");
      world.clock.now = at(60);
      expect([await short.get("acme-other", "a"), await short.whoAmI()]).toEqual(["AccessDenied", session]);
    },

  "What the job creates or changes stays after the end.": async () => {
    const writing = plan({ request: allowing(["s3:PutObject"], [objects("acme-stale-logs")]) });
    const job = world.job(await world.mint({ plan: writing }));
    expect(await job.put("acme-stale-logs", "new")).toBe("ok");
    world.clock.now = at(86_400);
    expect(await job.put("acme-stale-logs", "later")).toBe("ExpiredToken");
    expect(String(world.aws.buckets.get("acme-stale-logs")?.get("new"))).toBe("made by the job");
  },

  "Sessions of other roles and keys obtained with these credentials do not end with the grant.": async () => {
    const [other, user] = ["arn:aws:iam::123456789012:role/other", "arn:aws:iam::123456789012:user/robot"];
    const permissions = [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }] as const;
    world.configure({ roleArn: other, permissions, assumableBy: [plan().role_arn] }, "nobody");
    world.aws.users.configure({ userArn: user, permissions });
    const assume = new AssumeRoleCommand({ RoleArn: other, RoleSessionName: "chained" });
    const persisting = plan({
      role: { allow_persistence: true },
      request: allowing(["sts:AssumeRole", "iam:CreateAccessKey"], [other, user]),
    });
    const job = world.job(await world.mint({ plan: persisting, ...left(60) }));
    const { Credentials: c } = await job.sts().send(assume);
    const key = await createAccessKey(job, "robot");
    if (typeof key === "string") throw new Error(key);
    const chained = world.job({
      accessKeyId: c?.AccessKeyId ?? "",
      secretAccessKey: c?.SecretAccessKey ?? "",
      sessionToken: c?.SessionToken ?? "",
    });
    world.clock.now = at(60); // the grant is over: no more of them, but those that there are
    await expect(job.sts().send(assume)).rejects.toMatchObject({ name: "AccessDenied" });
    expect(await createAccessKey(job, "robot")).toBe("AccessDenied");
    world.clock.now = at(3599);
    expect(await chained.get("acme-other", "a")).toBe("ok");
    world.clock.now = at(86_400);
    expect([await chained.get("acme-other", "a"), await world.job(key).get("acme-other", "a")]).toEqual([
      "ExpiredToken",
      "ok",
    ]);
    // And without the statements there is neither.
    world.clock.now = start;
    const plain = world.job(await world.mint({ plan: reading() }));
    await expect(plain.sts().send(assume)).rejects.toMatchObject({ name: "AccessDenied" });
    expect(await createAccessKey(plain, "robot")).toBe("AccessDenied");
  },
};

describe("not limited", () => {
  it.each(Object.entries(shown))("%s", async (_, show) => show());

  it("is exactly what the plans say", () => {
    const said = [{}, { last_issue_before_end: 900 }, { allow_persistence: true }].flatMap(
      (role) => planOf({ role }).notLimited,
    );
    expect([...new Set(said)].sort()).toEqual(Object.keys(shown).sort());
  });
});
