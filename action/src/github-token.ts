import { alsoSet, expiration, type Kind, strange, word } from "./handover.ts";
import { Failure } from "./failure.ts";
import { call } from "./http.ts";
import type { Machine, Runner } from "./runner.ts";

/** What `gh` reads: the first for github.com and ghe.com, the second for a GitHub Enterprise Server (gh help environment). */
const variables = ["GH_TOKEN", "GH_ENTERPRISE_TOKEN"] as const;
const timeoutMs = 10_000;

/**
 * An installation token. An output, and GH_TOKEN only where it was asked for: exported unasked, it would take the place of the
 * job's own token in every later step. GITHUB_TOKEN stays the job's own in any case.
 */
export const github: Kind = {
  owned: [...variables],
  read(answer, { machine, inputs }) {
    const { body } = answer;
    if (body?.["issued_token_type"] !== "urn:ietf:params:oauth:token-type:access_token")
      throw strange("it holds no token of GitHub");
    const token = word(body, "access_token");
    const ends = expiration(answer, machine);
    const repositories = [body["github_repositories"]].flat();
    if (!repositories.every((name) => typeof name === "string" && /^[\w.-]+\/[\w.-]+$/.test(name)))
      throw strange("its github_repositories are malformed");
    const names = repositories.join(", ");
    const [ours, other] = onServer(machine) ? variables.toReversed() : variables;
    return {
      variables: new Map(inputs.ghToken && ours ? [[ours, token]] : []),
      files: [],
      outputs: new Map([
        ["token", token],
        ["token-expiration", ends],
      ]),
      revoke: token,
      said: [
        `A token of ${inputs.target} for ${names} is in the output \`token\` until ${ends}, at most until this job ends.`,
        ...(inputs.ghToken && ours ? [`It is in ${ours} as well.`] : []),
      ],
      warnings: inputs.ghToken && other && alsoSet(machine, [other]).length > 0 ? [`${other} is set as well.`] : [],
      rows: [
        ["Repositories", names],
        ["Token ends", ends],
      ],
    };
  },
};

function onServer(machine: Machine): boolean {
  const host = URL.parse(machine.env["GITHUB_SERVER_URL"] ?? "https://github.com")?.hostname ?? "github.com";
  return host !== "github.com" && !host.endsWith(".ghe.com");
}

/**
 * Ends the token with itself as soon as the job needs it no more. Where that fails the server does it when the grant ends, so that
 * it is a warning and fails no job.
 */
export async function endToken(machine: Machine, runner: Runner, token: string): Promise<void> {
  runner.mask(token);
  const api = URL.parse(machine.env["GITHUB_API_URL"] ?? "https://api.github.com");
  const safe = api && (api.protocol === "https:" || /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(api.hostname));
  if (!safe) {
    runner.warning("GITHUB_API_URL is no https address: the token ends with its grant instead.");
    return;
  }
  try {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: "application/vnd.github+json",
      "user-agent": "countersign",
    };
    const url = `${api.href.replace(/\/+$/, "")}/installation/token`;
    const { status } = await call(machine, url, { method: "DELETE", headers }, timeoutMs);
    // 401: it is over already, by the server or by time.
    if (status === 204 || status === 401) runner.info("The token is revoked.");
    else runner.warning(`GitHub did not revoke the token now (status ${status}); it ends with its grant.`);
  } catch (error) {
    const why = error instanceof Failure ? error.message : "no answer";
    runner.warning(`GitHub did not revoke the token now (${why}); it ends with its grant.`);
  }
}
