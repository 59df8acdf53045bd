import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { decodeJwt } from "jose";
import { armCall, type ResourceGroups } from "./resource-groups.ts";
import { type AccessToken, checkToken, giveToken, resourceManager } from "./tokens.ts";
import { type Application, ArmError, EntraError, type LoggedCall } from "./types.ts";

export interface LocalEntraOptions {
  /** The cloud's clock: times of assertions and tokens. */
  readonly now: () => Date;
  /** [0, 1), for the lives of tokens; default Math.random. */
  readonly random?: () => number;
  /** Default: any free port. */
  readonly port?: number;
}
type Fault = EntraError | "silence" | { readonly status: number; readonly body: string };

export interface LocalEntra {
  /** Entra's authority and Azure Resource Manager alike. */
  readonly url: string;
  readonly log: readonly LoggedCall[];
  readonly resourceGroups: ResourceGroups;
  /** Adds or replaces. Throws where Entra would not take the federated credentials. */
  readonly configure: (application: Application) => void;
  readonly remove: (clientId: string) => void;
  /** The next token request is answered so; several in order. */
  readonly failNext: (...faults: readonly Fault[]) => void;
  readonly close: () => Promise<void>;
}

/** A make-believe Entra and Resource Manager on loopback. The real one refuses an http issuer or one with a port; this one must not. */
export async function startLocalEntra(options: LocalEntraOptions): Promise<LocalEntra> {
  const entra = new Entra(options);
  const server = createServer((request, response) => void entra.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log: entra.log,
    resourceGroups: entra.groups,
    configure: (application) => void entra.applications.set(application.clientId, checked(application)),
    remove: (clientId) => void entra.applications.delete(clientId),
    failNext: (...faults) => void entra.faults.push(...faults),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function checked(application: Application): Application {
  const { federatedCredentials } = application;
  if (federatedCredentials.length > 20) throw new Error("an application has at most 20 federated credentials");
  const pairs = new Set(federatedCredentials.map(({ issuer, subject }) => JSON.stringify([issuer, subject])));
  if (pairs.size < federatedCredentials.length) throw new Error("issuer and subject must be unique");
  for (const part of federatedCredentials.flatMap((one) => Object.values(one) as string[]))
    if (part === "" || part.length > 600 || part.trim() !== part)
      throw new Error("1 to 600 characters, no blanks around");
  return application;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}
type Entry = { -readonly [K in keyof LoggedCall]?: LoggedCall[K] };

class Entra {
  readonly log: LoggedCall[] = [];
  readonly applications = new Map<string, Application>();
  readonly groups: ResourceGroups = new Map();
  readonly faults: Fault[] = [];
  readonly #given = new Map<string, AccessToken>();
  readonly #now: () => Date;
  readonly #random: () => number;

  constructor({ now, random = Math.random }: LocalEntraOptions) {
    this.#now = now;
    this.#random = random;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const entry: Entry = {};
    const url = new URL(request.url ?? "/", "http://entra");
    const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(url.pathname)?.[1];
    const fault = tenant === undefined ? undefined : this.faults.shift();
    const body = await text(request);
    let reply: Reply;
    try {
      if (fault === "silence") return;
      if (fault instanceof EntraError) throw fault;
      if (fault) reply = { status: fault.status, body: fault.body };
      else if (tenant !== undefined && request.method === "POST") reply = await this.#token(tenant, body, entry);
      else reply = this.#rest(request, url, body, entry);
    } catch (error) {
      const correlationId = entry.correlationId ?? randomUUID();
      reply = refusal(error, { now: this.#now(), requestId, correlationId });
      entry.error =
        error instanceof EntraError ? `AADSTS${error.number}` : ((error as { code?: string }).code ?? "error");
    }
    this.log.push({
      at: this.#now(),
      action: entry.action ?? (tenant === undefined ? "unknown" : "token"),
      status: reply.status,
      error: entry.error,
      clientId: entry.clientId,
      correlationId: entry.correlationId,
      requestId,
      uniqueTokenId: entry.uniqueTokenId,
      form: entry.form,
      claims: entry.claims,
    });
    response
      .writeHead(reply.status, { "content-type": "application/json; charset=utf-8", "x-ms-request-id": requestId })
      .end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  }

  async #token(tenant: string, body: string, entry: Entry): Promise<Reply> {
    const form = new URLSearchParams(body);
    entry.action = "token";
    entry.form = Object.fromEntries([...form].filter(([name]) => name !== "client_assertion"));
    entry.clientId = form.get("client_id") ?? undefined;
    entry.correlationId = form.get("client-request-id") ?? undefined;
    entry.claims = unverified(form.get("client_assertion") ?? "");
    const now = this.#now();
    const token = await giveToken(tenant, form, {
      applications: [...this.applications.values()],
      now,
      random: this.#random(),
    });
    this.#given.set(token.text, token);
    entry.uniqueTokenId = token.uniqueTokenId;
    const expires_in = Math.round((token.expiresAt.getTime() - now.getTime()) / 1000);
    return {
      status: 200,
      body: { token_type: "Bearer", expires_in, ext_expires_in: expires_in, access_token: token.text },
    };
  }

  /** What an SDK discovers of an authority that it does not know, and Resource Manager. */
  #rest(request: IncomingMessage, url: URL, body: string, entry: Entry): Reply {
    const tenant = /^\/([^/]+)\/v2\.0\/\.well-known\/openid-configuration$/.exec(url.pathname)?.[1];
    if (tenant !== undefined) {
      entry.action = "discovery";
      const base = `https://login.microsoftonline.com/${tenant}`;
      return {
        status: 200,
        body: {
          issuer: `${base}/v2.0`,
          authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
          token_endpoint: `${base}/oauth2/v2.0/token`,
          jwks_uri: `${base}/discovery/v2.0/keys`,
        },
      };
    }
    const call = armCall(request.method ?? "", url, body);
    if (!call) throw new ArmError(404, "NotFound", "Not known to the local Azure.");
    entry.action = call.action;
    const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const token = checkToken(bearer, this.#given, resourceManager, this.#now());
    entry.clientId = token.clientId;
    entry.uniqueTokenId = token.uniqueTokenId;
    const application = this.applications.get(token.clientId);
    if (!application) throw new ArmError(401, "InvalidAuthenticationToken", "The application is gone.");
    return call.run(application, { groups: this.groups, assign: (id, subscription) => this.#assign(id, subscription) });
  }

  #assign(clientId: string, subscription: string): void {
    const application = this.applications.get(clientId);
    if (!application) throw new ArmError(400, "PrincipalNotFound", "The principal does not exist in the directory.");
    const subscriptions = [...application.subscriptions, subscription];
    this.applications.set(clientId, { ...application, subscriptions });
  }
}

function refusal(error: unknown, about: { now: Date; requestId: string; correlationId: string }): Reply {
  if (error instanceof ArmError)
    return { status: error.status, body: { error: { code: error.code, message: error.message } } };
  if (!(error instanceof EntraError))
    return { status: 500, body: { error: "server_error", error_description: String(error) } };
  const timestamp = `${about.now.toISOString().slice(0, 19).replace("T", " ")}Z`;
  return {
    status: error.status,
    body: {
      error: error.error,
      error_description: `${error.message} Trace ID: ${about.requestId} Correlation ID: ${about.correlationId} Timestamp: ${timestamp}`,
      error_codes: [error.number],
      timestamp,
      trace_id: about.requestId,
      correlation_id: about.correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${error.number}`,
    },
  };
}

function unverified(assertion: string): Readonly<Record<string, unknown>> {
  try {
    return decodeJwt(assertion);
  } catch {
    return {};
  }
}
