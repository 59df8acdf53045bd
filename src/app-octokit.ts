import type { Logger } from "pino";
import { Probot, ProbotOctokit } from "probot";
import type { AppCredentials, Config } from "./config.ts";

/** An App's own Octokit as Probot makes it: signed with its private key, for /app and for asking installation tokens. */
export async function appOctokit(
  config: Config,
  { id, privateKey }: AppCredentials,
  log: Logger,
): Promise<ProbotOctokit> {
  // The function form: the object form of these defaults is lost (LIBRARIES section 2). Our queue does the retries.
  const Octokit = ProbotOctokit.defaults((o: { throttle?: object }) => ({
    ...o,
    retry: { enabled: false },
    throttle: { ...o.throttle, enabled: false },
  }));
  const probot = new Probot({
    appId: id,
    privateKey: privateKey.reveal(),
    secret: config.webhookSecret.current.reveal(),
    baseUrl: config.github.apiUrl,
    log: log.child({ name: "probot" }),
    Octokit,
  });
  return probot.auth();
}
