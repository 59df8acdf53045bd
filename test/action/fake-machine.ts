import type { Machine } from "../../action/src/runner.ts";

export const secrets = {
  oidc: "eyJhbGciOiJSUzI1NiJ9.oidc-token",
  bearer: "runner-bearer",
  accessKeyId: "ASIACANARYCANARY1234",
  secretAccessKey: "canary/secret+access/key",
  sessionToken: "canary-session-token==",
};
export const idTokenUrl = "https://pipelines.example/_apis/token?api-version=2.0";

export const credentialProcess = (changes: object = {}) =>
  JSON.stringify({
    Version: 1,
    AccessKeyId: secrets.accessKeyId,
    SecretAccessKey: secrets.secretAccessKey,
    SessionToken: secrets.sessionToken,
    Expiration: "2026-11-24T10:00:00Z",
    ...changes,
  });

export const granted = (changes: object = {}) => ({
  access_token: credentialProcess(),
  issued_token_type: "urn:countersign:params:oauth:token-type:aws-credentials",
  token_type: "N_A",
  expires_in: 3600,
  kind: "aws",
  aws_region: "eu-west-1",
  aws_account_id: "123456789012",
  grant: "01JD-GRANT",
  request: "requests/aws-prod/2026-11/delete-stale-logs.yml",
  ...changes,
});

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });
export const lost = (code: string) => () => {
  throw new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
};

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A machine whose every byte is kept in order: `out` for standard output, a file's variable for a command file. */
export function fakeMachine(
  answers: readonly (() => Response)[],
  { env = {}, idToken }: { env?: Record<string, string | undefined>; idToken?: readonly (() => Response)[] } = {},
) {
  const written: { to: string; text: string }[] = [];
  const tokens: Sent[] = [];
  const exchanges: Sent[] = [];
  const slept: number[] = [];
  /** Private files that are there now. */
  const kept = new Map<string, string>();
  let clock = 0;
  const files = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"];
  const machine: Machine = {
    env: {
      ...Object.fromEntries(files.map((name) => [name, `/files/${name}`])),
      ACTIONS_ID_TOKEN_REQUEST_URL: idTokenUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: secrets.bearer,
      INPUT_URL: "https://countersign.acme.example",
      INPUT_TARGET: "aws-prod",
      ...env,
    },
    fetch: async (url, init) => {
      clock += 100;
      const isToken = url.startsWith(idTokenUrl);
      const list = isToken ? tokens : exchanges;
      list.push({ url, init });
      const planned = isToken ? idToken : answers;
      const value = { value: `${secrets.oidc}.${list.length}` };
      const answer = planned?.[Math.min(list.length, planned.length) - 1] ?? json(200, value);
      return answer();
    },
    print: (text) => void written.push({ to: "out", text }),
    appendFile: (path, text) => void written.push({ to: path.replace("/files/", ""), text }),
    writePrivateFile: (path, text) => {
      if (kept.has(path)) throw new Error("EEXIST");
      kept.set(path, text);
      written.push({ to: `private ${path}`, text });
    },
    removeFile: (path) => void kept.delete(path),
    elapsed: () => clock,
    wallClock: () => new Date("2026-11-24T09:00:00Z"),
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      clock += milliseconds;
    },
    random: () => 0,
    node: "/runner/node24",
    script: (name) => `/action/dist/${name}`,
    uuid: () => "0000",
  };
  const text = (to: string) =>
    written
      .filter((one) => one.to === to)
      .map((one) => one.text)
      .join("");
  return { machine, written, kept, tokens, exchanges, slept, text };
}
