import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { outcome, policy, startWorld, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
  world.aws.buckets.set("acme-stale-logs", new Map()).set("acme-other", new Map());
});
afterEach(() => world.close());

const arn = (bucket: string) => `arn:aws:s3:::${bucket}`;
const remove = (bucket: string) => new DeleteBucketCommand({ Bucket: bucket });
const denied = "AccessDenied 403";
const end = (condition: string, at: Date) => ({
  Effect: "Deny",
  Action: "*",
  Resource: "*",
  Condition: { [condition]: { "aws:CurrentTime": at.toISOString().replace(".000", "") } },
});

describe("what a session may do", () => {
  test("is what role and session policy both allow", async () => {
    const { s3 } = await world.session(policy("s3:DeleteBucket", arn("acme-stale-logs")));
    expect(await outcome(s3.send(remove("acme-other")))).toBe(denied);
    expect(await outcome(s3.send(new ListObjectsV2Command({ Bucket: "acme-stale-logs" })))).toBe(denied);
    expect(await outcome(s3.send(remove("acme-stale-logs")))).toBe("ok");
    expect([...world.aws.buckets.keys()]).toEqual(["acme-other"]);
  });

  test("never exceeds the role, whatever the session policy says", async () => {
    world.aws.roles.configure(world.role({ permissions: [{ Effect: "Allow", Action: "s3:Get*", Resource: "*" }] }));
    const { s3 } = await world.session(policy("*", "*"));
    expect(await outcome(s3.send(remove("acme-stale-logs")))).toBe(denied);
  });

  test("is the role's whole power where no session policy was sent", async () => {
    const { s3 } = await world.session();
    expect(await outcome(s3.send(remove("acme-stale-logs")))).toBe("ok");
  });

  test("stops at an explicit Deny of the role or of the session", async () => {
    const deny = { Effect: "Deny", Action: "s3:DeleteBucket", Resource: "*" } as const;
    const one = await world.session(policy("s3:*", "*", deny));
    expect(await outcome(one.s3.send(remove("acme-stale-logs")))).toBe(denied);
    world.aws.roles.configure(world.role({ permissions: [{ Effect: "Allow", Action: "*", Resource: "*" }, deny] }));
    const two = await world.session(policy("s3:*", "*"));
    expect(await outcome(two.s3.send(remove("acme-stale-logs")))).toBe(denied);
  });

  test("ends with a Deny on aws:CurrentTime: DateGreaterThan after the instant, DateGreaterThanEquals at it", async () => {
    const at = new Date(world.now().getTime() + 300_000);
    const after = await world.session(policy("s3:*", "*", end("DateGreaterThan", at)));
    const from = await world.session(policy("s3:*", "*", end("DateGreaterThanEquals", at)));
    const read = () => new ListObjectsV2Command({ Bucket: "acme-other" });
    world.advance(299);
    expect([await outcome(after.s3.send(read())), await outcome(from.s3.send(read()))]).toEqual(["ok", "ok"]);
    world.advance(1);
    expect([await outcome(after.s3.send(read())), await outcome(from.s3.send(read()))]).toEqual(["ok", denied]);
    world.advance(1);
    expect(await outcome(after.s3.send(read()))).toBe(denied);
    expect(await outcome(after.sts.send(new GetCallerIdentityCommand()))).toBe("ok");
  });

  test("compares actions without case and resources with it", async () => {
    const { s3 } = await world.session(policy(["S3:DELETEbucket", "s3:ListBucket"], arn("acme-stale-lo?s")));
    expect(await outcome(s3.send(new ListObjectsV2Command({ Bucket: "ACME-STALE-LOGS" })))).toBe(denied);
    expect(await outcome(s3.send(remove("acme-stale-logs")))).toBe("ok");
  });
});

describe("credentials", () => {
  test("end with the session, for the caller's identity as well", async () => {
    const { s3, sts } = await world.session();
    const who = await sts.send(new GetCallerIdentityCommand());
    expect(who).toMatchObject({
      Account: "123456789012",
      Arn: "arn:aws:sts::123456789012:assumed-role/countersign-operator/countersign-42",
    });
    world.advance(900);
    expect(await outcome(s3.send(remove("acme-stale-logs")))).toBe("ExpiredToken 400");
    expect(await outcome(sts.send(new GetCallerIdentityCommand()))).toBe("ExpiredToken 403");
  });

  test.each([
    ["an unknown key id", { accessKeyId: "ASIAUNKNOWN" }, "InvalidAccessKeyId 403"],
    ["a wrong secret", { secretAccessKey: "wrong" }, "SignatureDoesNotMatch 403"],
    ["another session's token", { sessionToken: "other" }, "InvalidToken 400"],
  ])("with %s are refused: %s", async (_, change, expected) => {
    const { credentials } = await world.session();
    const { s3 } = world.clients({ ...credentials, ...change });
    expect(await outcome(s3.send(remove("acme-stale-logs")))).toBe(expected);
    expect(world.aws.buckets.has("acme-stale-logs")).toBe(true);
  });

  test("are needed: an unsigned request is refused", async () => {
    expect((await fetch(`${world.aws.url}/acme-stale-logs`, { method: "DELETE" })).status).toBe(403);
  });
});

describe("buckets and objects", () => {
  test("live through their whole life", async () => {
    const { s3 } = await world.session();
    const object = { Bucket: "acme-new", Key: "2026/a b&c.txt" };
    await s3.send(new CreateBucketCommand({ Bucket: "acme-new" }));
    await s3.send(new PutObjectCommand({ ...object, Body: "hello" }));
    const got = await s3.send(new GetObjectCommand(object));
    expect(await got.Body?.transformToString()).toBe("hello");
    const listed = await s3.send(new ListObjectsV2Command({ Bucket: "acme-new", Prefix: "2026/" }));
    expect(listed.Contents).toMatchObject([{ Key: object.Key, Size: 5 }]);
    expect(await outcome(s3.send(remove("acme-new")))).toBe("BucketNotEmpty 409");
    world.aws.buckets.get("acme-new")?.clear();
    expect(await outcome(s3.send(remove("acme-new")))).toBe("ok");
    expect(await outcome(s3.send(remove("acme-new")))).toBe("NoSuchBucket 404");
  });

  test("are known by host as well as by path", async () => {
    const { s3 } = await world.session();
    // What virtual-host style sends; a name that resolves to loopback stands for DNS.
    s3.middlewareStack.add(
      (next) => async (args) => {
        const request = args.request as { headers: Record<string, string>; path: string };
        request.headers["host"] = "acme-stale-logs.s3.eu-west-1.amazonaws.com";
        request.path = "/";
        return next(args);
      },
      { step: "build", priority: "low" },
    );
    expect(await outcome(s3.send(remove("acme-stale-logs")))).toBe("ok");
    expect(world.aws.log.at(-1)).toMatchObject({
      action: "s3:DeleteBucket",
      resource: arn("acme-stale-logs"),
      allowed: true,
    });
  });

  test("are logged, refused calls too", async () => {
    const { s3, credentials } = await world.session(policy("s3:GetObject", "*"));
    await outcome(s3.send(remove("acme-other")));
    expect(world.aws.log.at(-1)).toMatchObject({
      action: "s3:DeleteBucket",
      resource: arn("acme-other"),
      principal: "arn:aws:sts::123456789012:assumed-role/countersign-operator/countersign-42",
      accessKeyId: credentials.accessKeyId,
      allowed: false,
      error: "AccessDenied",
    });
  });
});
