import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gcpNotLimited } from "../../src/plan/notes-gcp.ts";
import type { GcpPlanData } from "../../src/plan/types.ts";
import { accountResource, bucketResource, projectResource } from "../sandbox/clouds/google/index.ts";
import {
  account,
  boundary,
  direct,
  type GoogleWorld,
  plan,
  pool,
  principal,
  scope,
  startGoogleWorld,
} from "./google-world.ts";

// What a minted token can do and cannot, at a Cloud Storage and at another API: that a boundary narrows, and each line of what
// the plan says is not limited.

let world: GoogleWorld;
beforeEach(async () => {
  world = await startGoogleWorld();
  const { buckets, bindings } = world.google;
  for (const bucket of ["acme-logs", "acme-live"]) buckets.set(bucket, new Map([["a b", "hello"]]));
  for (const member of [principal, `serviceAccount:${account}`]) {
    for (const bucket of ["acme-logs", "acme-live"])
      bindings.push({ resource: bucketResource(bucket), role: "roles/storage.objectAdmin", member });
    bindings.push({ resource: projectResource("acme-prod"), role: "roles/browser", member });
  }
});
afterEach(() => world.close());

const tokenOf = async (of: GcpPlanData): Promise<string> => (await world.mint({ plan: of })).response.access_token;
const object = (bucket: string) => `/storage/v1/b/${bucket}/o/${encodeURIComponent("a b")}`;
const get = async (token: string, bucket = "acme-logs") => (await world.call("GET", object(bucket), token)).status;
const list = async (token: string, bucket = "acme-logs") =>
  (await world.call("GET", `/storage/v1/b/${bucket}/o`, token)).status;
const remove = async (token: string, bucket = "acme-logs") =>
  (await world.call("DELETE", object(bucket), token)).status;
const project = async (token: string) => (await world.call("GET", "/v3/projects/acme-prod", token)).status;

const both = [
  ["a service account", plan],
  ["direct federation", direct],
] as const;

describe.each(both)("a token by %s", (_, of) => {
  const bounded = { ...of, boundary };

  test("reads, lists and deletes what IAM allows, until it ends", async () => {
    const token = await tokenOf(of);
    expect([await get(token), await list(token), await remove(token), await get(token)]).toEqual([200, 200, 204, 404]);
    world.advance(1799);
    expect(await list(token)).toBe(200);
    world.advance(1);
    expect(await list(token)).toBe(401);
  });

  test("narrowed by a boundary, only reads, and only that bucket, whatever IAM allows", async () => {
    const token = await tokenOf(bounded);
    expect([await get(token), await list(token), await remove(token)]).toEqual([200, 200, 403]);
    expect([await get(token, "acme-live"), await list(token, "acme-live")]).toEqual([403, 403]);
    expect(world.google.buckets.get("acme-logs")?.size).toBe(1);
  });

  test("narrowed by a boundary, never does what IAM does not allow", async () => {
    world.google.bindings.length = of === plan ? 1 : 0;
    expect(await get(await tokenOf(bounded))).toBe(403);
  });

  test("with a scope for reading only, reads only", async () => {
    const token = await tokenOf({ ...of, scopes: ["https://www.googleapis.com/auth/devstorage.read_only"] });
    expect([await get(token), await remove(token), await project(token)]).toEqual([200, 403, 403]);
  });
});

/** Each line stands in the plan, and is shown. */
describe("what the plan says is not limited", () => {
  const says = (of: GcpPlanData, words: RegExp) => expect(gcpNotLimited(of).join("\n")).toMatch(words);

  test.each(both)("%s: nothing narrows it where there is no boundary", async (_, of) => {
    says(of, /Nothing narrows it: .* at every API of Google/);
    const token = await tokenOf(of);
    expect([await remove(token, "acme-live"), await project(token)]).toEqual([204, 200]);
  });

  test.each(both)("%s: a boundary is for Cloud Storage only", async (_, of) => {
    says({ ...of, boundary }, /A boundary is for Cloud Storage only: at every other API/);
    const token = await tokenOf({ ...of, boundary });
    expect([await remove(token), await project(token)]).toEqual([403, 200]);
  });

  test("a single token cannot be recalled: disabling the pool ends it, and others' with it", async () => {
    says(
      direct,
      /only disabling the workload identity pool, or taking away roles, ends it early, and that ends others/,
    );
    const [one, other] = [await tokenOf(direct), await tokenOf(direct)];
    world.google.configure.pool(pool, true);
    expect([await get(one), await get(other)]).toEqual([401, 401]);
    world.google.configure.pool(pool, false);
    expect([await get(one), await get(other)]).toEqual([200, 200]);
    world.google.bindings.length = 0;
    expect([await get(one), await get(other)]).toEqual([403, 403]);
  });

  test("nor can one of a service account: disabling the account ends it, and others' with it; the pool does not", async () => {
    says(plan, /only disabling the service account, or taking away its roles, ends it early, and that ends others/);
    const [one, other] = [await tokenOf(plan), await tokenOf(plan)];
    world.google.configure.pool(pool, true);
    expect([await get(one), await get(other)]).toEqual([200, 200]);
    world.google.configure.serviceAccount({ email: account, disabled: true });
    expect([await get(one), await get(other)]).toEqual([401, 401]);
  });

  test("the life of a service account's token is counted from Google's answer", async () => {
    says(plan, /counted from Google's answer: it can end some seconds after the grant/);
    // Three seconds pass between our clock's reading and Google's answer.
    const before = world.now();
    world.advance(3);
    const { expiresAt, response } = await world.mint({ now: before });
    expect(expiresAt).toEqual(new Date(world.window.expiresAt.getTime() + 3000));
    expect(response.expires_in).toBe(1800);
    expect(gcpNotLimited(direct).join()).not.toContain("counted from");
  });

  test("further than a slow answer can explain, it is not released", async () => {
    const before = world.now();
    world.advance(76);
    await expect(world.mint({ now: before })).rejects.toMatchObject({ code: "cloud_misconfigured" });
    world.advance(-1);
    await expect(world.mint({ now: before })).resolves.toBeDefined();
  });

  test("tokens that IAM lets it make do not end with the grant", async () => {
    says(plan, /Keys, tokens and role bindings that IAM lets it make do not end with the grant/);
    world.google.bindings.push({
      resource: accountResource(account),
      role: "roles/iam.serviceAccountTokenCreator",
      member: `serviceAccount:${account}`,
    });
    const path = `/v1/projects/-/serviceAccounts/${account}:generateAccessToken`;
    const made = await world.call("POST", path, await tokenOf(plan), { scope: [scope], lifetime: "3600s" });
    world.advance(3000);
    expect(await list((made.body as { accessToken: string }).accessToken)).toBe(200);
  });

  test("what is done stays", async () => {
    says(plan, /stays/);
    await remove(await tokenOf(plan));
    world.advance(3600);
    expect(world.google.buckets.get("acme-logs")?.size).toBe(0);
  });
});
