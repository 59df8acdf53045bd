import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { MintInput } from "../../src/cloud/index.ts";
import { oauthError, rpcError, tokenCanary } from "../sandbox/clouds/google/index.ts";
import { boundary, direct, type GoogleWorld, plan, startGoogleWorld } from "../sandbox-clouds/google-world.ts";

// C44: what is thrown, logged or recorded holds no token and no assertion; whatever Google quotes, whatever the machine's
// variables ask the library to print. In a file of its own: the library reads its variable when it is first loaded.

const printed: string[] = [];
let world: GoogleWorld;

beforeAll(() => {
  vi.stubEnv("GOOGLE_SDK_NODE_LOGGING", "all");
  vi.stubEnv("NODE_DEBUG", "all");
  const keep = (text: unknown) => printed.push(String(text)) > 0;
  vi.spyOn(process.stderr, "write").mockImplementation(keep);
  vi.spyOn(process.stdout, "write").mockImplementation(keep);
  for (const name of ["log", "info", "warn", "error", "debug"] as const)
    vi.spyOn(console, name).mockImplementation((...args) => void printed.push(inspect(args, { depth: null })));
});
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});
beforeEach(async () => {
  world = await startGoogleWorld();
});
afterEach(() => world.close());

/** An error in every way in which a log may show it. */
function shown(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause)
    parts.push(at.message, at.stack ?? "", JSON.stringify(at), inspect(at, { depth: null, showHidden: true }));
  return parts.join("\n");
}
const secrets = (): readonly string[] => [tokenCanary, ...world.assertions.flatMap((text) => text.split("."))];
const leaks = (text: string): boolean => secrets().some((secret) => text.includes(secret));

test("a mint prints nothing, and records no token", async () => {
  for (const of of [plan, direct, { ...plan, boundary }]) {
    const { response, identifiers, expiresAt } = await world.mint({ plan: of });
    const { access_token: token, ...rest } = response;
    expect(leaks(token)).toBe(true);
    expect(leaks(JSON.stringify([rest, identifiers, expiresAt]))).toBe(false);
  }
  expect(printed.join("\n")).toBe("");
});

test.each<[string, Partial<MintInput>, "sts.token" | "iamcredentials.generateAccessToken"]>([
  ["an exchange", {}, "sts.token"],
  ["a federated exchange", { plan: direct }, "sts.token"],
  ["an impersonation", {}, "iamcredentials.generateAccessToken"],
])("%s that fails and is quoted by Google shows neither assertion nor token", async (_, change, call) => {
  const quote = async (): Promise<string> => {
    const assertion = await world.token();
    world.assertions.push(assertion);
    return `cannot take '${assertion}', nor ya29.c.${tokenCanary}${"x".repeat(40)}`;
  };
  for (const fault of [
    oauthError("invalid_grant", await quote()),
    oauthError(`ya29.c.${tokenCanary}`, await quote()),
    rpcError("PERMISSION_DENIED", await quote(), { reason: `ya29.c.${tokenCanary}`, domain: await quote() }),
    rpcError("INVALID_ARGUMENT", await quote()),
    { status: 400, body: await quote() },
    { status: 200, body: { access_token: tokenCanary, accessToken: tokenCanary, expires_in: -1, expireTime: "soon" } },
    { status: 200, body: await quote() },
  ]) {
    world.google.failNext(call, fault);
    const error: unknown = await world.mint(change).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(leaks(shown(error))).toBe(false);
  }
  expect(printed.join("\n")).toBe("");
});

test("the search finds what is planted", async () => {
  await world.mint();
  const [assertion = ""] = world.assertions;
  expect(leaks(shown(new Error("x", { cause: new Error(`y ${assertion}`) })))).toBe(true);
  expect(
    leaks(
      shown(Object.assign(new Error("x"), { config: { data: new URLSearchParams({ subject_token: assertion }) } })),
    ),
  ).toBe(true);
  expect(leaks(`Bearer ya29.c.${tokenCanary}`)).toBe(true);
  expect(assertion.split(".").every((part) => part.length > 20)).toBe(true);
  process.stderr.write("planted");
  expect(printed.join("")).toContain("planted");
});
