import { Failure } from "./failure.ts";

export interface Inputs {
  /** Without a trailing slash. */
  readonly url: string;
  readonly target: string;
  readonly role: string | undefined;
  readonly request: string | undefined;
  readonly audience: string;
  /** How long to wait for the approval of a pending request, in milliseconds. */
  readonly waitMs: number;
  /** azure: the resource that the token is for. */
  readonly resource: string | undefined;
  /** oidc: the token is wanted in a file as well. */
  readonly tokenFile: boolean;
  /** aws, gcp: a file with which tools exchange again, instead of credentials that end. */
  readonly credentialsFile: boolean;
  /** github: the token is wanted in the variable that `gh` reads as well. */
  readonly ghToken: boolean;
}

const loopback = new Set(["127.0.0.1", "[::1]", "localhost"]);
const targetShape = /^(?:[A-Za-z0-9-]+\/[A-Za-z0-9._-]+\/)?[a-z0-9][a-z0-9-]{0,62}$/;
const roleShape = /^[a-z0-9][a-z0-9-]{0,31}$/;
const requestShape = /^requests\/[a-z0-9][a-z0-9-]{0,62}\/(?:[0-9]{4}-[0-9]{2}\/)?[a-z0-9][a-z0-9-]{0,62}\.yml$/;
const resourceShape = /^(?:https|api):\/\/[!-~]{1,500}$/;

/** The runner does not enforce `required`, and a typing error here should not cost a round trip. */
export function readInputs(env: Readonly<Record<string, string | undefined>>): Inputs {
  const input = (name: string) => env[`INPUT_${name.toUpperCase()}`]?.trim() || undefined;
  const url = parseUrl(input("url"));
  const target = input("target");
  if (target === undefined) throw wrong("target", "is missing", "Write `with: { target: <name> }`.");
  if (!targetShape.test(target))
    throw wrong("target", "has no such form", "Write `<target>` or `<owner>/<repo>/<target>`.");
  const role = input("role");
  if (role !== undefined && !roleShape.test(role))
    throw wrong("role", "is no role name", "Write it as targets/<target>.yml does.");
  const request = input("request");
  if (request !== undefined && !requestShape.test(request)) {
    throw wrong("request", "is no path of a request", "Write `requests/<target>/<name>.yml`, as in the access repo.");
  }
  const waitMs = parseWait(input("wait"));
  const resource = input("resource");
  if (resource !== undefined && !resourceShape.test(resource))
    throw wrong("resource", "is no resource of Azure", "Write one exactly as targets/<target>.yml does.");
  const flag = (name: string): boolean => {
    const text = input(name) ?? "false";
    if (!/^(?:true|false)$/i.test(text)) throw wrong(name, "is neither true nor false", "Write `true`.");
    return text.toLowerCase() === "true";
  };
  return {
    url: url.href.replace(/\/+$/, ""),
    target,
    role,
    request,
    audience: input("audience") ?? url.origin,
    waitMs,
    resource,
    tokenFile: flag("token-file"),
    credentialsFile: flag("credentials-file"),
    ghToken: flag("gh-token"),
  };
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
/** A job on a GitHub-hosted runner ends after six hours. */
const longestWaitMs = 6 * 3_600_000;

function parseWait(text: string | undefined): number {
  if (text === undefined || text === "0") return 0;
  const [, count, unit] = /^([0-9]{1,5})([smh])$/.exec(text) ?? [];
  const waitMs = Number(count) * (units[unit ?? ""] ?? Number.NaN);
  if (waitMs <= longestWaitMs) return waitMs;
  throw wrong("wait", "is no time to wait", "Write `90s`, `10m` or `2h`; at most 6h.");
}

function parseUrl(text: string | undefined): URL {
  if (text === undefined) throw wrong("url", "is missing", "Write `with: { url: https://<your Countersign server> }`.");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw wrong("url", "is no URL", "Write it with its scheme: https://<your Countersign server>.");
  // Over plain http the token could be read and, being a bearer, used by whoever reads it.
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback.has(url.hostname))) {
    throw wrong("url", "is not https", "Use https; http is accepted only on loopback.");
  }
  if (url.username || url.password || url.search || url.hash) {
    throw wrong("url", "holds more than scheme, host and path", "Leave out user, password, query and fragment.");
  }
  return url;
}

// The value is not repeated: someone may have pasted a secret into the wrong input.
const wrong = (name: string, what: string, cure: string) =>
  new Failure("invalid_input", `The input \`${name}\` ${what}.`, { cure });
