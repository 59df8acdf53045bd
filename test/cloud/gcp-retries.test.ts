import { describe, expect, it } from "vitest";
import { CloudError, type MintInput } from "../../src/cloud/index.ts";
import { oauthError, rpcError } from "../sandbox/clouds/google/index.ts";
import { boundary, direct, type GoogleWorld, provider, startGoogleWorld } from "../sandbox-clouds/google-world.ts";

// Each with a Google of its own, beside the others: most of their time is the pause between two tries.

const later = rpcError("UNAVAILABLE", "later");
const source = { status: 200, body: { access_token: "ya29.source", token_type: "Bearer", expires_in: 300 } };
const sts = "sts.token";
const iam = "iamcredentials.generateAccessToken";

const using = (test: (world: GoogleWorld) => Promise<void>) => async (): Promise<void> => {
  const world = await startGoogleWorld();
  try {
    await test(world);
  } finally {
    await world.close();
  }
};
async function failure(world: GoogleWorld, change?: Partial<MintInput>): Promise<CloudError> {
  const caught: unknown = await world.mint(change).catch((thrown: unknown) => thrown);
  if (!(caught instanceof CloudError)) throw new Error(`not a CloudError: ${String(caught)}`);
  return caught;
}
const calls = (world: GoogleWorld): string[] => world.google.log.map(({ call }) => call);

describe.concurrent("what may pass", () => {
  for (const [name, fault] of [
    ["a rate limit", oauthError("quota_exceeded", "The request was throttled due to rate limit", 429)],
    ["an error of Google's", later],
    ["a lost connection", "hang up"],
    ["our keys, unread", oauthError("invalid_grant", "Error connecting to the given credential's issuer.")],
  ] as const) {
    it(
      `${name} is passed by two more tries, with the same assertion`,
      using(async (world) => {
        world.google.failNext(sts, fault, 2);
        await world.mint();
        expect(calls(world)).toEqual([sts, sts, sts, iam]);
        expect(world.signed).toHaveLength(1);
      }),
    );
    it(
      `${name} that stays is unavailable`,
      using(async (world) => {
        world.google.failNext(sts, fault, 9);
        expect(await failure(world)).toMatchObject({ code: "cloud_unavailable", retryable: true });
        expect(calls(world)).toEqual([sts, sts, sts]);
      }),
    );
  }

  it(
    "an issuer that is another's is unread as well, and the cure names both",
    using(async (world) => {
      world.google.configure.provider({ name: provider, issuer: "http://127.0.0.1:9" });
      const { code, message } = await failure(world);
      expect(code).toBe("cloud_unavailable");
      expect(message).toMatch(/issuer URL reachable.*jwksJson/);
    }),
  );

  it(
    "of IAM Credentials as well, without a second exchange",
    using(async (world) => {
      world.google.failNext(iam, later, 2);
      await world.mint();
      expect(calls(world)).toEqual([sts, iam, iam, iam]);
    }),
  );

  it(
    "of the boundary's call as well, and what it would have narrowed is not released",
    using(async (world) => {
      world.google.failNext(sts, source);
      world.google.failNext(sts, later, 3);
      expect((await failure(world, { plan: { ...direct, boundary } })).code).toBe("cloud_unavailable");
      expect(calls(world)).toEqual([sts, sts, sts, sts]);
    }),
  );

  it(
    "a redirect is not followed: the assertion goes where the table says or nowhere",
    using(async (world) => {
      world.google.failNext(sts, { status: 307, body: {}, headers: { location: `${world.google.url}/v1/token` } }, 9);
      expect((await failure(world)).code).toBe("cloud_unavailable");
      expect(new Set(world.google.log.map(({ status }) => status))).toEqual(new Set([307]));
    }),
  );
});

describe.concurrent("what does not", () => {
  it(
    "a refusal is not tried again",
    using(async (world) => {
      world.google.configure.provider({ name: provider, issuer: world.issuer, disabled: true });
      await failure(world);
      expect(calls(world)).toEqual([sts]);
    }),
  );

  it(
    "half an answer is not tried again",
    using(async (world) => {
      world.google.failNext(sts, { status: 200, body: { token_type: "Bearer" } });
      expect((await failure(world, { plan: direct })).code).toBe("cloud_unavailable");
      expect(calls(world)).toEqual([sts]);
    }),
  );

  for (const [name, call] of [
    ["STS", sts],
    ["IAM Credentials", iam],
  ] as const)
    it(
      `a silent ${name} is given up at the caller's deadline, and is not asked again`,
      using(async (world) => {
        world.google.failNext(call, "silence", 9);
        const deadline = new AbortController();
        const failed = failure(world, { signal: deadline.signal });
        await expect.poll(() => calls(world)).toContain(call);
        deadline.abort(new DOMException("over", "TimeoutError")); // as AbortSignal.timeout, once the call is there
        expect((await failed).code).toBe("cloud_unavailable");
        expect(calls(world).filter((one) => one === call)).toHaveLength(1);
      }),
    );

  it(
    "no pause outlasts the caller's deadline",
    using(async (world) => {
      const abort = new AbortController();
      world.google.failNext(sts, later, 9);
      const minting = failure(world, { signal: abort.signal });
      while (calls(world).length === 0) await new Promise(setImmediate);
      abort.abort();
      expect((await minting).code).toBe("cloud_unavailable");
      expect(calls(world)).toEqual([sts]);
    }),
  );

  it(
    "a grant that was called off before is not asked for at all",
    using(async (world) => {
      expect((await failure(world, { signal: AbortSignal.abort() })).code).toBe("cloud_unavailable");
      expect(calls(world)).toEqual([]);
    }),
  );
});
