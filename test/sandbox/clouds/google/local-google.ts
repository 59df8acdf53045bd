import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Answer, apiCall, type Buckets } from "./apis.ts";
import { generateAccessToken } from "./iam-credentials.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { condition } from "./pool.ts";
import { type Message, misfit } from "./published.ts";
import { exchangeToken } from "./sts.ts";
import {
  type Binding,
  GoogleError,
  type LoggedCall,
  oauthError,
  type Provider,
  rpcError,
  type ServiceAccount,
  type Token,
} from "./types.ts";

export interface LocalGoogleOptions {
  /** Google's clock: token times. */
  readonly now: () => Date;
  /** Default: any free port. */
  readonly port?: number;
  /** Does STS lay a boundary on a federated token? Google's reference does not say. Default true. */
  readonly boundaryOnFederated?: boolean;
}

/** An answer in place of the call's own: an error as `types.ts` makes them, any body, or none at all. */
type Fault = GoogleError | Answer | "hang up" | "silence";

export interface LocalGoogle {
  /** Stands for sts, iamcredentials, storage and cloudresourcemanager.googleapis.com alike; their paths differ. */
  readonly url: string;
  readonly log: readonly LoggedCall[];
  readonly configure: {
    readonly provider: (provider: Provider) => void;
    /** Disabling a pool takes its tokens away as well, until it is enabled again. */
    readonly pool: (name: string, disabled: boolean) => void;
    readonly serviceAccount: (account: ServiceAccount) => void;
  };
  readonly bindings: Binding[];
  readonly buckets: Buckets;
  /** The next `times` calls of a method (`sts.token`, `iamcredentials.generateAccessToken`) end so; default once. */
  readonly failNext: (call: string, fault: Fault, times?: number) => void;
  readonly close: () => Promise<void>;
}

/** STS, IAM Credentials and a little of two APIs of one make-believe Google on loopback. Real Google refuses an http issuer. */
export async function startLocalGoogle(options: LocalGoogleOptions): Promise<LocalGoogle> {
  const google = new Google(options);
  const server = createServer((request, response) => void google.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log: google.log,
    configure: {
      provider(provider) {
        condition(provider.condition);
        google.providers.set(provider.name, { provider, keys: new IssuerKeys(provider.issuer) });
      },
      pool: (name, disabled) => void (disabled ? google.disabledPools.add(name) : google.disabledPools.delete(name)),
      serviceAccount: (account) => void google.accounts.set(account.email, account),
    },
    bindings: google.bindings,
    buckets: google.buckets,
    failNext: (call, fault, times = 1) =>
      void google.faults.push(...Array.from({ length: times }, () => ({ call, fault }))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Entry = { -readonly [K in keyof LoggedCall]?: LoggedCall[K] };

class Google {
  readonly log: LoggedCall[] = [];
  readonly providers = new Map<string, { provider: Provider; keys: IssuerKeys }>();
  readonly disabledPools = new Set<string>();
  readonly accounts = new Map<string, ServiceAccount>();
  readonly bindings: Binding[] = [];
  readonly buckets: Buckets = new Map();
  readonly faults: { call: string; fault: Fault }[] = [];
  readonly #tokens = new Map<string, Token>();
  readonly #options: LocalGoogleOptions;

  constructor(options: LocalGoogleOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = this.#options.now();
    const entry: Entry = { at, userAgent: request.headers["user-agent"] };
    const body = await text(request);
    let answer: Answer | "hang up" | "silence";
    try {
      answer = await this.#answer(request, body, entry);
    } catch (error) {
      const failure = error instanceof GoogleError ? error : rpcError("INTERNAL", String(error));
      entry.error = failure.code;
      answer = failure;
    }
    const status = typeof answer === "string" ? 0 : answer.status;
    const { call = "unknown", resource, principal, userAgent, error, parameters, claims } = entry;
    this.log.push({ at, call, resource, principal, userAgent, status, error, parameters, claims });
    if (answer === "silence") return;
    if (answer === "hang up") return void request.socket.destroy();
    const date = at.toUTCString();
    const content = answer.body === undefined ? undefined : JSON.stringify(answer.body);
    const headers = { date, "content-type": "application/json; charset=UTF-8", ...answer.headers };
    response.writeHead(answer.status, headers).end(content);
  }

  async #answer(request: IncomingMessage, body: string, entry: Entry): Promise<Answer | "hang up" | "silence"> {
    const path = new URL(request.url ?? "", "http://google").pathname;
    const account = /^\/v1\/projects\/([^/]+)\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(path);
    const api = apiCall(request);
    entry.call =
      path === "/v1/token" ? "sts.token" : account ? "iamcredentials.generateAccessToken" : (api?.call ?? "unknown");
    entry.resource = account?.[2] ?? api?.resource;
    const fault = this.#fault(entry.call);
    if (fault instanceof GoogleError) throw fault;
    if (fault !== undefined) return fault;
    if (path === "/v1/token" && request.method === "POST") return await this.#sts(request, body, entry);
    const token = this.#authenticate(request, entry);
    if (account && request.method === "POST") {
      // "The `-` wildcard character is required; replacing it with a project ID is invalid."
      if (account[1] !== "-") throw rpcError("INVALID_ARGUMENT", "Invalid resource name.");
      return this.#impersonate(decodeURIComponent(account[2] ?? ""), token, body, entry);
    }
    if (!api) throw rpcError("NOT_FOUND", "Method not found.");
    return api.run(token, this.bindings, this.buckets, body);
  }

  async #sts(request: IncomingMessage, body: string, entry: Entry): Promise<Answer> {
    // "do not send the Authorization HTTP header in the request ... using the header can cause the request to fail."
    if (request.headers.authorization !== undefined)
      throw oauthError("invalid_request", "An Authorization header is not taken.");
    if (!(request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded"))
      throw oauthError("invalid_request", "The request is no form.");
    const form = Object.fromEntries(new URLSearchParams(body));
    const { subject_token = "", ...parameters } = form;
    entry.parameters = parameters;
    entry.resource = form["audience"];
    entry.claims = claimsOf(subject_token);
    const { token, answer } = await exchangeToken(form, {
      providers: this.providers,
      disabledPools: this.disabledPools,
      tokenOf: (value) => this.#good(value),
      boundaryOnFederated: this.#options.boundaryOnFederated ?? true,
      now: this.#options.now(),
    });
    entry.principal = token.member;
    return this.#issued(token, answer, "ExchangeTokenResponse");
  }

  #impersonate(email: string, caller: Token, body: string, entry: Entry): Answer {
    entry.parameters = parse(body);
    const now = this.#options.now();
    const iam = { accounts: this.accounts, bindings: this.bindings, now };
    const { token, answer } = generateAccessToken(email, caller, entry.parameters, iam);
    return this.#issued(token, answer, "GenerateAccessTokenResponse");
  }

  #issued(token: Token, answer: Readonly<Record<string, unknown>>, message: Message): Answer {
    const wrong = misfit(message, answer);
    if (wrong !== undefined) throw new Error(wrong);
    this.#tokens.set(token.value, token);
    return { status: 200, body: answer };
  }

  #authenticate(request: IncomingMessage, entry: Entry): Token {
    const value = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const token = value === undefined ? undefined : this.#good(value);
    if (!token)
      throw rpcError(
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
      );
    entry.principal = token.member;
    return token;
  }

  /** A token that has not expired, of a pool or account that is not disabled. */
  #good(value: string): Token | undefined {
    const token = this.#tokens.get(value);
    if (!token || token.expiresAt <= this.#options.now()) return undefined;
    const gone =
      "pool" in token.of
        ? this.disabledPools.has(token.of.pool)
        : this.accounts.get(token.of.serviceAccount)?.disabled === true;
    return gone ? undefined : token;
  }

  #fault(call: string): Fault | undefined {
    const at = this.faults.findIndex((planned) => planned.call === call);
    return at < 0 ? undefined : this.faults.splice(at, 1)[0]?.fault;
  }
}

function parse(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    throw rpcError("INVALID_ARGUMENT", "Invalid JSON payload received.");
  }
}

/** For the log only, unverified. Never the token. */
function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
