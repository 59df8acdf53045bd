import { tokenOf } from "../model/oidc.ts";
import type { ModelRun } from "../model/runs.ts";
import { publicUrl } from "../server.ts";
import type { Answer, Story } from "../story.ts";
import type { Acts } from "./details.ts";
import { runOf } from "./runs.ts";

function token(story: Story, run: ModelRun): Promise<string> {
  const repo = story.github.named(run.repository);
  if (!repo) throw new Error(`no repository ${run.repository}`);
  return tokenOf(run, repo, publicUrl, story.clock.now());
}

/** Sends a request to the server's own routes, and keeps what comes of it. Of a server that dies nobody hears anything. */
export async function sent(story: Story, path: string, init: RequestInit): Promise<void> {
  const { server } = story;
  if (server.dead) return void story.answers.push("nothing");
  const response = await story.meanwhile(Promise.resolve(server.http.request(path, { method: "POST", ...init })));
  const answer: Answer = { status: response.status, body: (await response.json()) as Answer["body"] };
  const last = server.diedAt === "as soon as an exchange is released";
  // Held back here: so it has to be seen that there would have been nothing to hold back.
  if (server.dead && !last && answer.status < 400) throw new Error("the server answered before it was on record");
  story.answers.push(server.dead ? "nothing" : answer);
}

const asked = (story: Story, subject_token: string, params: Readonly<Record<string, string>>): Promise<void> =>
  sent(story, "/token", {
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      subject_token,
      ...params,
    }),
  });

/** What jobs ask the server over HTTP, each time with a new token of GitHub's. */
export const ofJobs: Acts = [
  [
    /^a job of (.+) asks for credentials$/,
    async (story, name, _, { params = {} }) => {
      story.lastToken = await token(story, runOf(story, name));
      await asked(story, story.lastToken, params);
    },
  ],
  [/^the same token is sent again$/, (story) => asked(story, story.lastToken, {})],
  [
    /^a job of (run \w+) asks for access as (\w+)$/,
    async (story, run, name, { bucket = "acme-stale-logs" }) => {
      const before = new Set(story.home.pulls.keys());
      const body = JSON.stringify({
        target: "aws-prod",
        role: "operator",
        reason: "The nightly job needs it",
        actions: ["s3:DeleteBucket"],
        resources: [`arn:aws:s3:::${bucket}`],
        duration: "1h",
      });
      const authorization = `Bearer ${await token(story, runOf(story, run))}`;
      await sent(story, "/requests", { body, headers: { authorization, "content-type": "application/json" } });
      const answer = story.answers.at(-1);
      const [pull] = [...story.home.pulls.values()].filter(({ number }) => !before.has(number));
      if (answer === undefined || answer === "nothing" || answer.status >= 400 || !pull) return;
      story.pulls.set(name, { repo: story.home, pull, paths: [String(answer.body["request"])] });
    },
  ],
];
