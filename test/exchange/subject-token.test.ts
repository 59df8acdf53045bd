import { generateKeyPairSync, sign } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { array, assert, asyncProperty, constantFrom, nat, tuple } from "fast-check";
import { jwtVerify } from "jose";
import { parseClaims } from "../../src/exchange/claims.ts";
import { createKeySet, type KeySet } from "../../src/exchange/key-set.ts";
import { Refused } from "../../src/exchange/refused.ts";
import { readUnverified, verifySubjectToken } from "../../src/exchange/subject-token.ts";
import { now, payload, publicUrl, seconds } from "./fixtures.ts";
import { forged, type Issuer, jwkOf, signedAs, startIssuer } from "./issuer.ts";

const clock = { now: () => now };
let issuer: Issuer;
let keys: KeySet;
beforeEach(async () => {
  issuer = await startIssuer();
  keys = createKeySet(issuer.url, fetch);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await issuer.close();
});
/** The clock of the key set's cache, so many seconds on. */
function later(seconds: number): void {
  const now = Date.now() + seconds * 1000;
  vi.spyOn(Date, "now").mockImplementation(() => now);
}

const rules = () => ({ issuer: issuer.url, audience: publicUrl });
/** Both steps, as the exchange does them. */
const accept = async (token: string) => {
  const unverified = readUnverified(token, rules(), clock);
  return verifySubjectToken(unverified, rules(), keys, clock);
};
const refusedAs = async (token: string): Promise<unknown> => {
  try {
    await accept(token);
    return "accepted";
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
};
const mine = () => ({ ...payload(), iss: issuer.url });

describe("subject token", () => {
  test("a job's token is accepted, with the keys asked for once", async () => {
    expect(await accept(await issuer.token())).toMatchObject({ repositoryId: 74 });
    await accept(await issuer.token());
    expect(issuer.hits()).toBe(1);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["C34 another issuer", { iss: "https://evil.example" }, "token_issuer"],
    ["C34 the issuer with a slash", { iss: "slash" }, "token_issuer"],
    ["C61 our own assertion", { iss: publicUrl }, "token_issuer"],
    ["C36 GitHub's default audience", { aud: "https://github.com/acme" }, "token_audience"],
    ["C36 a cloud's audience", { aud: "sts.amazonaws.com" }, "token_audience"],
    ["C36 an array, even of us alone", { aud: [publicUrl] }, "token_audience"],
    ["C36 an array with us in it", { aud: [publicUrl, "sts.amazonaws.com"] }, "token_audience"],
    ["C36 our audience with a slash", { aud: `${publicUrl}/` }, "token_audience"],
    ["C36 no audience", { aud: undefined }, "token_audience"],
    ["C37 an expired token", { exp: seconds(now) - 60, iat: seconds(now) - 360 }, "token_expired"],
    ["C37 a token of the future", { iat: seconds(now) + 61, exp: seconds(now) + 361 }, "token_not_yet_valid"],
    ["C37 a token not valid yet", { nbf: seconds(now) + 61 }, "token_not_yet_valid"],
    ["C37 a token for a day", { exp: seconds(now) + 86_400 }, "token_malformed"],
    ["C37 a token that ends before it begins", { iat: seconds(now) + 30, exp: seconds(now) + 20 }, "token_malformed"],
    ["C37 a token without exp", { exp: undefined }, "token_malformed"],
    ["C37 a token without jti", { jti: undefined }, "token_malformed"],
    ["ids as numbers", { repository_id: 74 }, "token_malformed"],
  ])("%s", async (_, over, code) => {
    const token = await issuer.token(over.iss === "slash" ? { iss: `${issuer.url}/` } : over);
    expect(await refusedAs(token)).toBe(code);
    expect(issuer.hits()).toBe(0);
  });

  test("C37 a minute of skew is forgiven, no more", async () => {
    expect(await refusedAs(await issuer.token({ exp: seconds(now) - 59, iat: seconds(now) - 359 }))).toBe("accepted");
    expect(await refusedAs(await issuer.token({ iat: seconds(now) + 60, exp: seconds(now) + 360 }))).toBe("accepted");
  });

  test("C35 other algorithms and other people's keys", async () => {
    expect(await refusedAs(forged.none(mine()))).toBe("token_malformed");
    expect(await refusedAs(forged.confused(mine()))).toBe("token_malformed");
    expect(await refusedAs(await forged.ec(mine()))).toBe("token_malformed");
    expect(issuer.hits()).toBe(0);
    expect(await refusedAs(await forged.otherKey(mine()))).toBe("access_denied");
  });

  test("C35 a token without kid, and one whose kid nobody knows", async () => {
    expect(await refusedAs(await issuer.token({}, { kid: undefined }))).toBe("token_malformed");
    await accept(await issuer.token());
    for (let i = 0; i < 5; i++)
      expect(await refusedAs(await issuer.token({}, { kid: `evil-${i}` }))).toBe("access_denied");
    expect(issuer.hits()).toBe(1);
  });

  test("C35 a tampered payload", async () => {
    const [header, , signature] = (await issuer.token()).split(".");
    const body = Buffer.from(JSON.stringify({ ...mine(), repository_id: "75" })).toString("base64url");
    expect(await refusedAs(`${header}.${body}.${signature}`)).toBe("access_denied");
  });

  test.each(["", "x", "a.b", "a.b.c", "{}", "..", "a.b.c.d.e", "é.é.é"])("%j is no token", async (token) => {
    expect(await refusedAs(token)).toBe("token_malformed");
  });

  test("C35 the claims that are used are the verified ones, however a token is spelled, and none is an outage", async () => {
    const header = { alg: "RS256", kid: "k1" };
    const headers = [
      header,
      { ...header, crit: ["b64"], b64: false },
      { ...header, b64: false },
      { ...header, zip: "DEF" },
    ];
    const odd = constantFrom(
      "\n",
      " ",
      "\0",
      "=",
      "+",
      "/",
      "-",
      ".",
      "A",
      "é",
      "\ufeff",
      '"',
      ",",
      "{",
      '"repository_id":"75",',
    );
    const edits = array(tuple(nat(), nat(1), odd), { maxLength: 3 });
    const edited = (text: string, list: readonly [number, number, string][]): string =>
      list.reduce((now, [at, drop, add]) => {
        const place = at % (now.length + 1);
        return now.slice(0, place) + add + now.slice(place + drop);
      }, text);
    const encoded = (text: string): string => Buffer.from(text).toString("base64url");
    let accepted = 0;
    await assert(
      asyncProperty(
        constantFrom(...headers),
        edits,
        edits,
        edits,
        edits,
        async (head, inHead, inBody, afterHead, afterBody) => {
          const first = edited(encoded(edited(JSON.stringify(head), inHead)), afterHead);
          const second = edited(encoded(edited(JSON.stringify(mine()), inBody)), afterBody);
          const token = signedAs(first, second);
          const verified = await jwtVerify(token, keys.get, { algorithms: ["RS256"], currentDate: now }).catch(
            () => null,
          );
          try {
            const used = await accept(token);
            expect(used).toEqual(parseClaims(verified?.payload));
            accepted++;
          } catch (error) {
            if (!(error instanceof Refused)) throw error;
            expect(error.code).toMatch(/^token_|^access_denied$/);
          }
        },
      ),
      { numRuns: 400 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  test("a huge token is not even decoded", async () => {
    expect(await refusedAs("a".repeat(16_385))).toBe("token_too_large");
  });

  test("a token that names its own keys gets no say", async () => {
    const token = await issuer.token(
      {},
      { jku: "http://127.0.0.1:1/jwks", x5u: "http://127.0.0.1:1/", jwk: { kty: "RSA" } },
    );
    expect(await refusedAs(token)).toBe("accepted");
    expect(issuer.hits()).toBe(1);
  });
});

describe("key set", () => {
  test.each<[string, Parameters<Issuer["answer"]>[0]]>([
    ["C34 redirects", (_, res) => void res.writeHead(302, { location: "/elsewhere" }).end()],
    ["C34 is over 100 KiB", (_, res) => void res.end(`{"keys":[],"x":"${"x".repeat(103_000)}"}`)],
    ["C35 answers 500", (_, res) => void res.writeHead(500).end("{}")],
    ["C35 is no JSON", (_, res) => void res.end("<html>")],
    ["C35 is no key set", (_, res) => void res.end("[]")],
    ["C35 hangs up", (req) => void req.socket.destroy()],
  ])("that %s is an outage, and is not asked again at once", async (_, listener) => {
    issuer.answer(listener);
    const token = await issuer.token();
    expect(await refusedAs(token)).toBe("temporarily_unavailable");
    expect(await refusedAs(token)).toBe("temporarily_unavailable");
    expect(issuer.hits()).toBe(1);
  });

  test.each<[string, Parameters<Issuer["answer"]>[0]]>([
    ["is empty", (_, res) => void res.end('{"keys":[]}')],
    ["holds no RSA key", (_, res) => void res.end('{"keys":[{"kty":"oct","kid":"k1","k":"AAAA"}]}')],
    ["holds keys for something else", (_, res) => void res.end('{"keys":[{"kty":"RSA","kid":"k1","use":"enc"}]}')],
    ["names no key", (_, res) => void res.end('{"keys":[{"kty":"RSA"}]}')],
    [
      "unpacks to more than 100 KiB",
      (_, res) => {
        res.setHeader("content-encoding", "gzip");
        res.end(gzipSync(`{"keys":[],"x":"${"x".repeat(50_000_000)}"}`));
      },
    ],
  ])("C35 that %s is an outage: the good one stays, and no honest token is denied", async (_, listener) => {
    await accept(await issuer.token());
    issuer.answer(listener);
    expect(await refusedAs(await issuer.token())).toBe("accepted");
    later(31);
    expect(await refusedAs(await issuer.token({}, { kid: "k2" }))).toBe("temporarily_unavailable");
    expect(await refusedAs(await issuer.token())).toBe("accepted");
    later(600);
    expect(await refusedAs(await issuer.token())).toBe("temporarily_unavailable");
  });

  test("C35 that rotates needs no restart: an unknown key is looked for once outside the cool-down", async () => {
    await accept(await issuer.token());
    issuer.answer((_, res) => void res.end(JSON.stringify({ keys: [jwkOf("k1"), jwkOf("k2", "other")] })));
    const rotated = () => forged.otherKey({ ...mine(), jti: "x" }, "k2");
    expect(await refusedAs(await rotated())).toBe("access_denied"); // a second after the fetch
    expect(issuer.hits()).toBe(1);
    expect(keys.has("k2")).toBe(false);
    later(31);
    expect(await refusedAs(await rotated())).toBe("accepted");
    expect(await refusedAs(await issuer.token())).toBe("accepted");
    expect(issuer.hits()).toBe(2);
    expect([keys.has("k1"), keys.has("k2"), keys.has("k3")]).toEqual([true, true, false]);
  });

  test("C35 that no longer holds a key ends it within ten minutes", async () => {
    await accept(await issuer.token());
    issuer.answer((_, res) => void res.end(JSON.stringify({ keys: [jwkOf("k2", "other")] })));
    later(599);
    expect(await refusedAs(await issuer.token())).toBe("accepted");
    later(2);
    expect(keys.has("k1")).toBe(false);
    expect(await refusedAs(await issuer.token())).toBe("access_denied");
    expect(await refusedAs(await forged.otherKey(mine(), "k2"))).toBe("accepted");
  });

  test("C35 with a key too short to be one accepts nothing by it", async () => {
    const short = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const jwk = { ...(short.publicKey.export({ format: "jwk" }) as object), kid: "short", alg: "RS256", use: "sig" };
    issuer.answer((_, res) => void res.end(JSON.stringify({ keys: [jwk] })));
    const [header, body] = ["", ""].map((_, i) =>
      Buffer.from(JSON.stringify(i === 0 ? { alg: "RS256", kid: "short" } : mine())).toString("base64url"),
    );
    const signature = sign("sha256", Buffer.from(`${header}.${body}`), short.privateKey).toString("base64url");
    expect(await refusedAs(`${header}.${body}.${signature}`)).toBe("temporarily_unavailable");
  });

  test("C34 is asked for at its one address alone, once for all who come at the same time", async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issuer.token()));
    expect(new Set(await Promise.all(tokens.map(refusedAs)))).toEqual(new Set(["accepted"]));
    expect(issuer.paths()).toEqual(["/.well-known/jwks"]);
  });

  test("C35 that does not answer is given up after three seconds", async () => {
    issuer.answer(() => undefined);
    const started = performance.now();
    expect(await refusedAs(await issuer.token())).toBe("temporarily_unavailable");
    expect(performance.now() - started).toBeLessThan(4000);
  });

  test("C35 that drips is given up after three seconds", async () => {
    issuer.answer((_, res) => {
      const timer = setInterval(() => res.write(" "), 200);
      res.on("close", () => clearInterval(timer));
    });
    const started = performance.now();
    expect(await refusedAs(await issuer.token())).toBe("temporarily_unavailable");
    expect(performance.now() - started).toBeLessThan(4000);
  });
});
