import { Failure } from "./failure.ts";
import type { Answer } from "./http.ts";
import type { Runner } from "./runner.ts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: string;
  readonly region: string;
  readonly accountId: string | undefined;
  readonly grant: string | undefined;
  readonly request: string | undefined;
  readonly correlationId: string | undefined;
}

const tokenType = "urn:countersign:params:oauth:token-type:aws-credentials";

/** `access_token` is what `credential_process` prints. Masks whatever may be secret first, then looks at it. */
export function awsCredentials({ body, headers }: Answer, runner: Runner): AwsCredentials {
  const token = body?.["access_token"];
  if (typeof token === "string") runner.mask(token);
  const process = parse(token);
  for (const name of ["SecretAccessKey", "SessionToken", "AccessKeyId"]) {
    const value = process[name];
    if (typeof value === "string") runner.mask(value);
  }
  if (body?.["kind"] !== "aws" || body["issued_token_type"] !== tokenType) {
    throw strange("it holds no AWS credentials", "This version of the Action exports AWS credentials only.");
  }
  // Printable ASCII without blanks: such a value is one line, and can leave neither a mask nor a command file.
  const word = (from: Readonly<Record<string, unknown>>, name: string): string => {
    const value = from[name];
    if (typeof value !== "string" || !/^[!-~]+$/.test(value)) throw strange(`its ${name} is missing or malformed`);
    return value;
  };
  const optional = (name: string) => (body[name] === undefined ? undefined : word(body, name));
  return {
    accessKeyId: word(process, "AccessKeyId"),
    secretAccessKey: word(process, "SecretAccessKey"),
    sessionToken: word(process, "SessionToken"),
    expiration: word(process, "Expiration"),
    region: word(body, "aws_region"),
    accountId: optional("aws_account_id"),
    grant: optional("grant"),
    request: optional("request"),
    correlationId: optional("correlation_id") ?? headers.get("x-correlation-id") ?? undefined,
  };
}

function parse(token: unknown): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(String(token));
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // falls through: the parser's message would quote the secret
  }
  throw strange("its access_token is no credential_process document");
}

// Not retried: the server has released, so another attempt would only use up another exchange.
const strange = (what: string, cure = "Check that the Action and the server are of matching versions.") =>
  new Failure("invalid_answer", `The server's answer is not understood: ${what}.`, { cure });
