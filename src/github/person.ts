import type { ApiCall } from "../doctor/index.ts";
import { type Caller, graphqlOf, nameOf, quietOctokit } from "./client.ts";
import { httpFailure, translate } from "./errors.ts";

/** GitHub with a person's own token: for commands, never for the server. */
export interface Person extends Caller {
  /** Sends one change. @throws CountersignError as `call` does; `github_refused` where GitHub says no to what was asked */
  send(call: ApiCall): Promise<void>;
}

export function personCaller(apiUrl: string, token: string): Person {
  const octokit = quietOctokit(token, apiUrl);
  return {
    graphqlUrl: graphqlOf(apiUrl),
    async call(repo, _scope, what, call, options = {}) {
      try {
        return await call(octokit, nameOf(repo));
      } catch (error) {
        const status = httpFailure(error)?.status;
        if (status !== undefined && options.expected?.includes(status)) throw error;
        throw translate(error, what);
      }
    },
    async send({ method, path, body }) {
      try {
        await octokit.request({ method, url: `/${path}`, ...body });
      } catch (error) {
        throw translate(error, path);
      }
    },
  };
}
