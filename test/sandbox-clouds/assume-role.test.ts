import { AssumeRoleCommand, AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { secretCanary, startLocalAws } from "../sandbox/clouds/index.ts";
import { audience, outcome, policy, roleArn, start, startWorld, subject, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const tags = { "https://aws.amazon.com/tags": { principal_tags: { Grant: ["42"] }, transitive_tag_keys: ["Grant"] } };
const source = { "https://aws.amazon.com/source_identity": "gh-12345" };
const pinned = (arn: unknown) => ({ "https://aws.amazon.com/roles": arn });
const refused = "InvalidIdentityTokenException 400";
const denied = "AccessDenied 403";
const invalid = "ValidationError 400";

describe("a trusted token", () => {
  test("buys a session whose secrets carry the canary and whose end is on the cloud's clock", async () => {
    const answer = await world.assume({}, { claims: { ...tags, ...source, ...pinned([roleArn]) } });
    expect(answer).toMatchObject({
      SubjectFromWebIdentityToken: subject,
      Audience: audience,
      SourceIdentity: "gh-12345",
      AssumedRoleUser: { Arn: "arn:aws:sts::123456789012:assumed-role/countersign-operator/countersign-42" },
      Credentials: { Expiration: new Date(start.getTime() + 900_000) },
    });
    expect(answer.Provider).toMatch(/^arn:aws:iam::123456789012:oidc-provider\/127\.0\.0\.1/);
    expect(answer.Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(answer.Credentials?.SecretAccessKey?.startsWith(secretCanary)).toBe(true);
    expect(answer.Credentials?.SecretAccessKey).toHaveLength(40);
    expect(answer.Credentials?.SessionToken?.startsWith(secretCanary)).toBe(true);
  });

  test("is logged with its parameters and AWS claims, without token and secrets", async () => {
    await world.assume({ Policy: JSON.stringify(policy("s3:GetObject", "*")) }, { claims: source });
    const [call] = world.aws.log;
    expect(call).toMatchObject({
      action: "sts:AssumeRoleWithWebIdentity",
      principal: subject,
      resource: roleArn,
      allowed: true,
      claims: source,
      parameters: { RoleSessionName: "countersign-42", DurationSeconds: "900" },
    });
    expect(JSON.stringify(world.aws.log)).not.toMatch(/eyJ|WebIdentityToken|CSGNCANARY/);
  });

  test.each(["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])("may be signed with %s", async (alg) => {
    expect(await outcome(world.assume({}, { alg }))).toBe("ok");
  });
});

describe("keys", () => {
  test.each(["PS256", "EdDSA"])("%s is refused", async (alg) => {
    expect(await outcome(world.assume({}, { alg }))).toBe(refused);
  });
  test("a header without kid is refused", async () => {
    expect(await outcome(world.assume({}, { header: { kid: undefined } }))).toBe(refused);
  });
  test("a key with key_ops is not used", async () => {
    expect(await outcome(world.assume({}, { jwk: { key_ops: ["verify"] } }))).toBe(refused);
  });
  test("discovery is read again only for an unknown key", async () => {
    await world.assume();
    await world.assume();
    expect(world.hits()).toBe(2);
    await world.assume({}, { alg: "ES256" });
    expect(world.hits()).toBe(4);
  });
  test("a changed claim breaks the signature", async () => {
    const [header, , signature] = (await world.mint()).split(".");
    const claims = Buffer.from(JSON.stringify({ iss: world.url, sub: subject, aud: audience })).toString("base64url");
    expect(await outcome(world.assume({ WebIdentityToken: `${header}.${claims}.${signature}` }))).toBe(refused);
  });
});

describe("claims", () => {
  const seconds = start.getTime() / 1000;
  test.each([
    ["an issuer that differs by a slash", (w: World) => ({ iss: `${w.url}/` }), refused],
    ["another audience", () => ({ aud: "api://AzureADTokenExchange" }), refused],
    ["several audiences without azp", () => ({ aud: [audience, "x"] }), refused],
    ["azp that replaces a right audience", () => ({ azp: "other" }), refused],
    ["several audiences with the right azp", () => ({ aud: [audience, "x"], azp: audience }), "ok"],
    ["another subject", () => ({ sub: `${subject}x` }), denied],
    ["no exp", () => ({ exp: undefined }), refused],
    ["expired 299 s ago, inside the skew", () => ({ exp: seconds - 299 }), "ok"],
    ["expired 300 s ago", () => ({ exp: seconds - 300 }), "ExpiredTokenException 400"],
    ["issued 301 s in the future", () => ({ iat: seconds + 301 }), refused],
    ["pinned to this role", () => pinned([roleArn]), "ok"],
    ["pinned to another role", () => pinned([`${roleArn}2`]), refused],
    ["pinned to a pattern", () => pinned(["arn:aws:iam::123456789012:role/*"]), refused],
    [
      "a tag whose value is no array",
      () => ({ "https://aws.amazon.com/tags": { principal_tags: { a: "b" } } }),
      refused,
    ],
    [
      "a tag with two values",
      () => ({ "https://aws.amazon.com/tags": { principal_tags: { a: ["b", "c"] } } }),
      refused,
    ],
    [
      "a tag with a number sign",
      () => ({ "https://aws.amazon.com/tags": { principal_tags: { a: ["b#1"] } } }),
      refused,
    ],
    ["a source identity with a blank", () => ({ "https://aws.amazon.com/source_identity": "a b" }), refused],
  ])("%s: %s", async (_, claims, expected) => {
    expect(await outcome(world.assume({}, { claims: claims(world) }))).toBe(expected);
  });
});

describe("the role's trust", () => {
  test("must allow tags and source identity where the token carries them", async () => {
    world.aws.roles.configure(world.role({ trust: { ...world.trust, tagSession: false, setSourceIdentity: false } }));
    expect(await outcome(world.assume({}, { claims: tags }))).toBe(denied);
    expect(await outcome(world.assume({}, { claims: source }))).toBe(denied);
    expect(await outcome(world.assume())).toBe("ok");
  });
  test("may demand that the token names the role", async () => {
    world.aws.roles.configure(world.role({ trust: { ...world.trust, roleAuthorizedByIdp: true } }));
    expect(await outcome(world.assume())).toBe(denied);
    expect(await outcome(world.assume({}, { claims: pinned([roleArn]) }))).toBe("ok");
  });
  test("says the same of a role that does not exist", async () => {
    expect(await outcome(world.assume({ RoleArn: "arn:aws:iam::123456789012:role/none" }))).toBe(denied);
  });
});

describe("parameters", () => {
  test.each([
    ["899 seconds", { DurationSeconds: 899 }, invalid],
    ["more than the role's maximum", { DurationSeconds: 3601 }, invalid],
    ["the role's maximum", { DurationSeconds: 3600 }, "ok"],
    ["a session name with a slash", { RoleSessionName: "a/b" }, invalid],
    ["a policy over 2048 characters", { Policy: JSON.stringify(policy("s3:*", "*")).padEnd(2049) }, invalid],
    ["a policy of 2048 characters", { Policy: JSON.stringify(policy("s3:*", "*")).padEnd(2048) }, "ok"],
    ["a policy that is no JSON", { Policy: "{" }, "MalformedPolicyDocumentException 400"],
    [
      "a policy with an unknown member",
      { Policy: JSON.stringify(policy("s3:*", "*", { Effekt: "Deny" })) },
      "MalformedPolicyDocumentException 400",
    ],
    [
      "a policy with a condition that nobody evaluates",
      {
        Policy: JSON.stringify(
          policy("s3:*", "*", { Effect: "Deny", Action: "*", Resource: "*", Condition: { Dategreater: {} } }),
        ),
      },
      "MalformedPolicyDocumentException 400",
    ],
  ])("%s: %s", async (_, input, expected) => {
    expect(await outcome(world.assume(input))).toBe(expected);
  });

  test("a signed call is refused: whoever signs it has found credentials somewhere", async () => {
    const response = await fetch(world.aws.url, {
      method: "POST",
      headers: { authorization: "AWS4-HMAC-SHA256 x" },
      body: new URLSearchParams({
        Action: "AssumeRoleWithWebIdentity",
        RoleArn: roleArn,
        RoleSessionName: "abc",
        WebIdentityToken: await world.mint(),
      }),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("<Code>ValidationError</Code>");
  });
});

describe("role chaining", () => {
  const other = "arn:aws:iam::123456789012:role/other";
  const chain = async (input: object = {}, limits?: object) => {
    const { sts } = await world.session(limits);
    const command = new AssumeRoleCommand({ RoleArn: other, RoleSessionName: "chained", ...input });
    return outcome(sts.send(command));
  };
  const trusting = (...assumableBy: string[]) => world.aws.roles.configure(world.role({ roleArn: other, assumableBy }));

  test("needs the trust of the other role, and within one account nothing else of the caller's role", async () => {
    trusting(`${roleArn}2`);
    expect(await chain()).toBe(denied);
    trusting(roleArn); // the role itself allows S3 only
    expect(await chain()).toBe("ok");
    expect(await chain({ RoleArn: `${other}-that-is-not-there` })).toBe(denied);
  });
  test("is limited by the session policy", async () => {
    trusting(roleArn);
    expect(await chain({}, policy("s3:*", "*"))).toBe(denied);
    expect(await chain({}, policy("sts:AssumeRole", roleArn))).toBe(denied);
    expect(await chain({}, policy("sts:AssumeRole", other))).toBe("ok");
  });
  test.each([
    [899, invalid],
    [900, "ok"],
    [3600, "ok"],
    [3601, invalid],
  ])("of %i s: %s", async (DurationSeconds, expected) => {
    trusting(roleArn);
    expect(await chain({ DurationSeconds })).toBe(expected);
  });
});

test("an issuer that does not answer is a communication error, the one that SDKs repeat", async () => {
  const lonely = await startLocalAws({ now: world.now, issuerUrl: "http://127.0.0.1:1" });
  lonely.roles.configure(world.role());
  const sts = new STSClient({ region: "eu-west-1", endpoint: lonely.url, maxAttempts: 1 });
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleArn,
    RoleSessionName: "countersign-42",
    WebIdentityToken: await world.mint(),
  });
  expect(await outcome(sts.send(command))).toBe("IDPCommunicationErrorException 400");
  await lonely.close();
});

test("a planned fault comes once", async () => {
  world.aws.failNext("sts:AssumeRoleWithWebIdentity", { status: 400, code: "PackedPolicyTooLarge", message: "120%" });
  expect(await outcome(world.assume())).toBe("PackedPolicyTooLargeException 400");
  expect(await outcome(world.assume())).toBe("ok");
});
