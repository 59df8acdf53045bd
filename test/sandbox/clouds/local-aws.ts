import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createAccessKey } from "./iam.ts";
import { IdentityProvider } from "./identity-provider.ts";
import { evaluate, parsePolicy, type Verdict } from "./policy.ts";
import { s3Call, s3Error, type Buckets, type S3Answer } from "./s3.ts";
import { parseSignature, verifySignature } from "./sigv4.ts";
import { assumeRole } from "./role-chaining.ts";
import { assumeRoleWithWebIdentity, callerIdentity, stsError } from "./sts.ts";
import { AwsError, type LoggedCall, type ResourceStatement, type Role, type Session, type User } from "./types.ts";
import { xml } from "./xml.ts";

export interface LocalAwsOptions {
  /** The cloud's clock: token times, session ends, `aws:CurrentTime`. */
  readonly now: () => Date;
  /** Where our issuer answers; STS reads discovery and keys there over HTTP. */
  readonly issuerUrl: string;
  /** Default: any free port. */
  readonly port?: number;
}

interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface LocalAws {
  /** Endpoint of STS and S3 alike: what AWS_ENDPOINT_URL is to be. */
  readonly url: string;
  readonly log: readonly LoggedCall[];
  readonly roles: { readonly configure: (role: Role) => void; readonly remove: (roleArn: string) => void };
  readonly users: { readonly configure: (user: User) => void };
  /** Bucket -> its policy; absent: none. */
  readonly bucketPolicies: Map<string, readonly ResourceStatement[]>;
  /** Bucket -> key -> content; change it as the account's owner would. */
  readonly buckets: Buckets;
  /** The next `times` calls of an action (`sts:AssumeRoleWithWebIdentity`, `s3:DeleteBucket`) fail so; default once. */
  readonly failNext: (action: string, fault: Fault, times?: number) => void;
  readonly close: () => Promise<void>;
}

/** STS and S3 of one make-believe AWS on loopback. Real AWS refuses an http issuer or one with a port; this one must not. */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const aws = new Aws(options);
  const server = createServer((request, response) => void aws.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log: aws.log,
    roles: {
      configure: (role) => {
        parsePolicy(JSON.stringify({ Version: "2012-10-17", Statement: role.permissions }));
        aws.roles.set(role.roleArn, role);
      },
      remove: (roleArn) => void aws.roles.delete(roleArn),
    },
    users: {
      configure: (user) => void aws.users.set(user.userArn, user),
    },
    bucketPolicies: aws.bucketPolicies,
    buckets: aws.buckets,
    failNext: (action, fault, times = 1) =>
      void aws.faults.push(...Array.from({ length: times }, () => ({ action, fault }))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Entry = { -readonly [K in keyof LoggedCall]?: LoggedCall[K] };

class Aws {
  readonly log: LoggedCall[] = [];
  readonly roles = new Map<string, Role>();
  readonly users = new Map<string, User>();
  readonly bucketPolicies = new Map<string, readonly ResourceStatement[]>();
  readonly buckets: Buckets = new Map();
  readonly faults: { action: string; fault: Fault }[] = [];
  readonly #sessions = new Map<string, Session>();
  readonly #provider: IdentityProvider;
  readonly #now: () => Date;

  constructor({ now, issuerUrl }: LocalAwsOptions) {
    this.#now = now;
    this.#provider = new IdentityProvider(issuerUrl);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry: Entry = { at: this.#now(), requestId: randomUUID() };
    const requestId = entry.requestId ?? "";
    const body = await buffer(request);
    const isSts =
      request.method === "POST" &&
      (request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
    let answer: S3Answer;
    try {
      answer = isSts ? await this.#sts(request, body, entry) : this.#s3(request, body, entry);
    } catch (error) {
      const failure = error instanceof AwsError ? error : new AwsError(500, "InternalFailure", String(error));
      entry.error = failure.code;
      answer = {
        status: failure.status,
        headers: { "content-type": isSts ? "text/xml" : "application/xml" },
        body: isSts ? xml(stsError(failure, requestId)) : s3Error(failure, requestId, request.url ?? ""),
      };
    }
    this.log.push({
      at: entry.at ?? this.#now(),
      requestId,
      action: entry.action ?? "unknown",
      resource: entry.resource,
      principal: entry.principal,
      accessKeyId: entry.accessKeyId,
      allowed: answer.status < 400,
      status: answer.status,
      error: entry.error,
      parameters: entry.parameters,
      claims: entry.claims,
    });
    const ids = isSts ? { "x-amzn-requestid": requestId } : { "x-amz-request-id": requestId };
    response.writeHead(answer.status, { date: this.#now().toUTCString(), ...ids, ...answer.headers }).end(answer.body);
  }

  async #sts(request: IncomingMessage, body: Buffer, entry: Entry): Promise<S3Answer> {
    const form = new URLSearchParams(body.toString());
    const action = form.get("Action") ?? "";
    entry.action = action === "CreateAccessKey" ? "iam:CreateAccessKey" : `sts:${action}`;
    this.#fault(entry.action);
    const requestId = entry.requestId ?? "";
    const ok = (text: string): S3Answer => ({ status: 200, headers: { "content-type": "text/xml" }, body: text });
    if (action === "GetCallerIdentity") {
      // Needs no permission and no policy can take it away; it ends only with the session.
      return ok(xml(callerIdentity(this.#authenticate(request, body, entry), requestId)));
    }
    if (action === "AssumeRole" || action === "CreateAccessKey") {
      const caller = this.#authenticate(request, body, entry);
      entry.resource = form.get("RoleArn") ?? form.get("UserName") ?? undefined;
      const around = { roles: this.roles, users: this.users, now: this.#now(), requestId };
      const made = (action === "AssumeRole" ? assumeRole : createAccessKey)(form, caller, around);
      this.#sessions.set(made.session.accessKeyId, made.session);
      return ok(xml(made.answer));
    }
    if (action !== "AssumeRoleWithWebIdentity")
      throw new AwsError(400, "InvalidAction", `Could not find operation ${action}`);
    entry.parameters = Object.fromEntries([...form].filter(([name]) => name !== "WebIdentityToken"));
    entry.resource = form.get("RoleArn") ?? undefined;
    entry.claims = awsClaims(form.get("WebIdentityToken") ?? "");
    if (typeof entry.claims["sub"] === "string") entry.principal = entry.claims["sub"];
    // The call is anonymous. A client that signs it has found credentials somewhere, which ours must never have.
    if (request.headers.authorization !== undefined || "x-amz-security-token" in request.headers)
      throw new AwsError(400, "ValidationError", "AssumeRoleWithWebIdentity takes no signature");
    const { session, answer } = await assumeRoleWithWebIdentity(form, {
      roles: this.roles,
      provider: this.#provider,
      now: this.#now(),
      requestId,
    });
    this.#sessions.set(session.accessKeyId, session);
    entry.accessKeyId = session.accessKeyId;
    return ok(xml(answer));
  }

  #s3(request: IncomingMessage, body: Buffer, entry: Entry): S3Answer {
    const call = s3Call(request);
    entry.action = `s3:${call.operation}`;
    entry.resource = call.resource;
    this.#fault(entry.action);
    const session = this.#authenticate(request, body, entry);
    const asked = { action: call.permission, resource: call.resource, now: this.#now() };
    const verdict = evaluate(asked, session, this.bucketPolicies.get(bucketOf(call.resource)));
    if (verdict !== "allowed") throw forbidden(session, call.permission, call.resource, verdict);
    return call.run(this.buckets, body);
  }

  /** Whose request it is. @throws AwsError where key, token, time or signature do not belong together. */
  #authenticate(request: IncomingMessage, body: Buffer, entry: Entry): Session {
    const signature = parseSignature(request.headers.authorization);
    if (!signature) throw new AwsError(403, "AccessDenied", "Access Denied: the request is not signed");
    entry.accessKeyId = signature.accessKeyId;
    const session = this.#sessions.get(signature.accessKeyId);
    const isSts = !entry.action?.startsWith("s3:");
    if (!session) {
      throw isSts
        ? new AwsError(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        : new AwsError(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.");
    }
    if (request.headers["x-amz-security-token"] !== session.sessionToken) {
      throw isSts
        ? new AwsError(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        : new AwsError(400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
    }
    verifySignature(request, body, signature, session);
    entry.principal = session.arn;
    if (session.expiresAt !== undefined && this.#now() >= session.expiresAt) {
      throw isSts
        ? new AwsError(403, "ExpiredToken", "The security token included in the request is expired")
        : new AwsError(400, "ExpiredToken", "The provided token has expired.");
    }
    return session;
  }

  #fault(action: string): void {
    const at = this.faults.findIndex((planned) => planned.action === action);
    const [planned] = at < 0 ? [] : this.faults.splice(at, 1);
    if (planned) throw new AwsError(planned.fault.status, planned.fault.code, planned.fault.message);
  }
}

/** For the log only, unverified: `iss`, `sub`, `aud`, times and AWS's own claims. Never the token. */
function awsClaims(token: string): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    const kept = Object.entries(claims ?? {}).filter(([name]) =>
      /^(iss|sub|aud|iat|nbf|exp|https:\/\/aws\.amazon\.com\/.*)$/.test(name),
    );
    return Object.fromEntries(kept);
  } catch {
    return {};
  }
}

/** Of `arn:aws:s3:::bucket/key`. */
const bucketOf = (arn: string): string => arn.slice("arn:aws:s3:::".length).split("/", 1)[0] ?? "";

function forbidden(session: Session, action: string, resource: string, verdict: Exclude<Verdict, "allowed">): AwsError {
  const why = {
    "explicit deny of the role": "with an explicit deny in an identity-based policy",
    "explicit deny of the session policy": "with an explicit deny in a session policy",
    "explicit deny of the resource policy": "with an explicit deny in a resource-based policy",
    "no role statement allows it": `because no identity-based policy allows the ${action} action`,
    "no session policy allows it": `because no session policy allows the ${action} action`,
  }[verdict];
  return new AwsError(
    403,
    "AccessDenied",
    `User: ${session.arn} is not authorized to perform: ${action} on resource: "${resource}" ${why}`,
  );
}
