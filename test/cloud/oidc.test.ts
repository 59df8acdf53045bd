import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isReservedAudience } from "../../src/access-repo/oidc-reserved.ts";
import { stsEndpoint } from "../../src/cloud/aws/endpoints.ts";
import { type AssertionRequest, brokers, CloudError, type MintInput } from "../../src/cloud/index.ts";
import { IssuerError } from "../../src/issuer/errors.ts";
import { assertionClaims } from "../../src/issuer/index.ts";
import { azureClouds } from "../../src/plan/index.ts";
import { planOf } from "../plan/kinds.ts";
import { context, start, window } from "./azure-world.ts";
import { startIssuer } from "./issuer.ts";

const plan = planOf("oidc").data;
const clock = { now: start };
let issuer: Awaited<ReturnType<typeof startIssuer>>;
beforeEach(async () => {
  clock.now = start;
  issuer = await startIssuer(() => clock.now);
});
afterEach(() => issuer.close());

const mint = (change: Partial<MintInput> = {}) => {
  const broker = brokers({}).get("oidc");
  if (!broker) throw new Error("no broker");
  const signal = AbortSignal.timeout(1000);
  return broker.mint({ plan, window, now: clock.now, context, sign: issuer.sign, signal, ...change });
};
const left = (ms: number) => ({ window: { ...window, expiresAt: new Date(+start + ms) } });
const codeOf = (change: Partial<MintInput>): Promise<unknown> =>
  mint(change).then(
    () => "minted",
    (error: unknown) => (error instanceof CloudError ? error.code : error),
  );

/** A relying party such as Vault: trusts our issuer for one audience and subject, and opens sessions of its own making. */
async function login(jwt: string): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${issuer.url}/.well-known/jwks.json`));
  const { payload } = await jwtVerify(jwt, keys, {
    issuer: issuer.url,
    audience: "https://vault.acme.example",
    subject: "repository:10:oidc:oidc-prod:deployer",
    algorithms: ["RS256"],
    currentDate: clock.now,
  });
  return payload;
}

describe("a token for a relying party", () => {
  it("is the assertion itself: audience and claims of the plan, and nothing else", async () => {
    const minted = await mint();
    const token = minted.response.access_token;
    const claims = decodeJwt(token);
    expect(claims).toEqual({
      iss: issuer.url,
      sub: "repository:10:oidc:oidc-prod:deployer",
      aud: "https://vault.acme.example",
      iat: +start / 1000,
      nbf: +start / 1000 - 5,
      exp: +window.expiresAt / 1000,
      jti: expect.any(String) as string,
      team: "platform",
    });
    expect(minted.response).toEqual({
      access_token: token,
      issued_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_type: "N_A",
      expires_in: 1800,
      oidc_audience: "https://vault.acme.example",
    });
    expect(minted.identifiers).toEqual({ assertion_id: claims.jti, audience: "https://vault.acme.example" });
    expect(minted.expiresAt).toEqual(window.expiresAt);
    expect(JSON.stringify(minted.identifiers)).not.toContain(token.split(".")[2]);
  });

  it.each([
    [1000, 1],
    [299_000, 299],
    [899_000, 899],
    [900_000, 900],
    [901_000, 901],
    [3_599_999, 3599],
    [3_600_000, 3600],
    [3_601_000, 3600],
    [90_000_000, 3600],
  ])("with %s ms of the window left lives %s s", async (ms, seconds) => {
    const minted = await mint(left(ms));
    expect(minted.response.expires_in).toBe(seconds);
    expect(+minted.expiresAt).toBeLessThanOrEqual(+start + ms);
  });

  it.each([999, 0, -1])("with %s ms left there is none", async (ms) => {
    expect(await codeOf(left(ms))).toBe("cloud_denied");
    expect(issuer.signed).toEqual([]);
  });

  it("ends with the window though the signature came late, and is not made after it", async () => {
    clock.now = new Date(+window.expiresAt - 20_000);
    expect((await mint({ now: start })).expiresAt).toEqual(window.expiresAt);
    clock.now = window.expiresAt;
    expect(await codeOf({ now: start })).toBe("cloud_denied");
  });

  it("a hundred at once are a hundred, each of its own grant", async () => {
    const of = (n: number) => ({
      subject: `repository:10:oidc:t${n}:deployer`,
      audience: `https://${n}.acme.example`,
      claims: { team: `team-${n}` },
    });
    const end = (n: number) => new Date(+start + (900 + n) * 1000);
    const minted = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        mint({ plan: { ...plan, ...of(n) }, window: { ...window, expiresAt: end(n) } }),
      ),
    );
    for (const [n, { response, identifiers, expiresAt }] of minted.entries()) {
      const { subject, audience, claims } = of(n);
      const said = decodeJwt(response.access_token);
      expect(said).toMatchObject({ sub: subject, aud: audience, exp: +end(n) / 1000, ...claims });
      expect(identifiers).toEqual({ assertion_id: said.jti, audience });
      expect(expiresAt).toEqual(end(n));
    }
    expect(new Set(minted.map(({ identifiers }) => identifiers["assertion_id"])).size).toBe(100);
  });

  it("is not made for a grant that was called off before", async () => {
    expect(await codeOf({ signal: AbortSignal.abort() })).not.toBe("minted");
    expect(issuer.signed).toEqual([]);
  });
});

describe("C61 a stored plan that the parser would refuse today", () => {
  const ours = ["https://app.acme.example", "https://github.acme.example"];
  const sign = (request: AssertionRequest): Promise<string> => {
    assertionClaims({ ...request, now: start }, { issuer: issuer.url, jti: "j", ours }); // as the server's keys do
    return issuer.sign(request);
  };

  it.each([
    "sts.amazonaws.com",
    "api://AzureADTokenExchange",
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
    "https://github.com/acme",
    "https://APP.acme.example:443/",
    "app.acme.example",
    "https://github.acme.example/acme",
  ])("with audience %s is not signed, for good", async (audience) => {
    const caught: unknown = await mint({ plan: { ...plan, audience }, sign }).catch((error: unknown) => error);
    expect(caught).toMatchObject({
      code: "cloud_misconfigured",
      message: expect.stringContaining("audience") as string,
    });
    expect(issuer.signed).toEqual([]);
  });

  it("is the only reason: with its own audience it is signed", async () => {
    expect((await mint({ sign })).response.token_type).toBe("N_A");
  });

  it("with our own issuer as audience is not signed", async () => {
    for (const audience of [issuer.url, `${issuer.url}/`, issuer.url.replace("http:", "HTTP:")])
      expect(await codeOf({ plan: { ...plan, audience } })).toBe("cloud_misconfigured");
  });

  it.each(["sub", "azp", "groups", "https://aws.amazon.com/tags", "EMAIL"])(
    "with the claim %s is not signed",
    async (name) => expect(await codeOf({ plan: { ...plan, claims: { [name]: "x" } } })).toBe("cloud_misconfigured"),
  );

  it("leaves other failures of the issuer for a retry", async () => {
    const failed = new IssuerError("no_signing_key", "none");
    expect(await codeOf({ sign: () => Promise.reject(failed) })).toBe(failed);
  });

  it("every host that a broker speaks to is a reserved audience", () => {
    const regions = {
      aws: "eu-west-1",
      "aws-cn": "cn-north-1",
      "aws-us-gov": "us-gov-west-1",
      "aws-eusc": "eusc-de-east-1",
    };
    const iso = {
      "aws-iso": "us-iso-east-1",
      "aws-iso-b": "us-isob-east-1",
      "aws-iso-e": "eu-isoe-west-1",
      "aws-iso-f": "us-isof-south-1",
    };
    const sts = Object.entries({ ...regions, ...iso }).map(
      ([partition, region]) => stsEndpoint(`arn:${partition}:iam::123456789012:role/x`, region).endpoint,
    );
    const resources = ["https://management.azure.com", "https://vault.usgovcloudapi.net", "https://vault.azure.cn"];
    const azure = resources.flatMap((resource) => {
      const [{ authority, audience }] = azureClouds([resource]);
      return [resource, authority, audience];
    });
    for (const audience of [...sts, ...azure])
      expect([audience, isReservedAudience(audience)]).toEqual([audience, true]);
  });
});

/** Its own sessions, permissions and secrets, of which no token says anything. */
function relyingParty(settings: { lives: number; mayWrite: boolean }) {
  const sessions = new Map<string, Date>();
  const secrets = new Map<string, string>();
  return {
    secrets,
    async open(jwt: string): Promise<string> {
      const { jti = "" } = await login(jwt);
      sessions.set(jti, new Date(+clock.now + settings.lives * 1000));
      return jti;
    },
    write(session: string, path: string): "ok" | "over" | "not allowed" {
      if ((sessions.get(session) ?? clock.now) <= clock.now) return "over";
      if (!settings.mayWrite) return "not allowed";
      secrets.set(path, "made by the job");
      return "ok";
    },
  };
}

const shown: Readonly<Record<string, () => Promise<void>>> = {
  "https://vault.acme.example alone decides what the token allows there.": async () => {
    // The token names who asks and for whom; there is nothing in it that allows or forbids.
    const token = (await mint()).response.access_token;
    expect(Object.keys(await login(token)).sort()).toEqual(["aud", "exp", "iat", "iss", "jti", "nbf", "sub", "team"]);
    for (const mayWrite of [false, true]) {
      const vault = relyingParty({ lives: 60, mayWrite });
      expect(vault.write(await vault.open(token), "kv/x")).toBe(mayWrite ? "ok" : "not allowed");
    }
  },
  "It also decides how long a session lives that the token opens: that may be long after the end of the grant.":
    async () => {
      const vault = relyingParty({ lives: 86_400, mayWrite: true });
      const token = (await mint(left(1000))).response.access_token;
      const session = await vault.open(token);
      clock.now = new Date(+start + 86_399_000);
      expect(vault.write(session, "kv/x")).toBe("ok");
      await expect(vault.open(token)).rejects.toThrow("exp");
      clock.now = new Date(+start + 86_400_000);
      expect(vault.write(session, "kv/x")).toBe("over");
    },
  "The token cannot be recalled, and whoever holds it may present it until it expires.": async () => {
    const { response, expiresAt } = await mint(left(60_000));
    for (const seconds of [0, 1, 59]) {
      clock.now = new Date(+start + seconds * 1000);
      await login(response.access_token);
    }
    clock.now = expiresAt;
    await expect(login(response.access_token)).rejects.toThrow("exp");
  },
  "What the job creates or changes stays after the end.": async () => {
    const vault = relyingParty({ lives: 1800, mayWrite: true });
    const session = await vault.open((await mint()).response.access_token);
    expect(vault.write(session, "kv/made-by-the-job")).toBe("ok");
    clock.now = new Date(+start + 86_400_000);
    expect(vault.write(session, "kv/later")).toBe("over");
    expect([...vault.secrets.keys()]).toEqual(["kv/made-by-the-job"]);
  },
};

describe("not limited", () => {
  it.each(Object.entries(shown))("%s", async (_, show) => show());
  it("is exactly what the plan says", () =>
    expect([...planOf("oidc").notLimited].sort()).toEqual(Object.keys(shown).sort()));
});

describe("C55", () => {
  it.each(["aws", "gcp", "azure", "github"])("an oidc plan with the subject of kind %s is not signed", async (kind) => {
    const { sub } = decodeJwt((await mint()).response.access_token);
    expect(sub).not.toContain(`:${kind}:`);
    const forged = { ...plan, subject: `repository:10:${kind}:oidc-prod:deployer` };
    expect(await codeOf({ plan: forged })).toBe("cloud_misconfigured");
    expect(issuer.signed).toHaveLength(1);
  });
});
