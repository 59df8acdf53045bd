import { createHmac, randomUUID } from "node:crypto";
import type { Story } from "../story.ts";
import { type Acts, type Details, pullOf } from "./details.ts";
import { sent } from "./jobs.ts";

/** As it comes over HTTP. */
export interface Webhook {
  readonly id: string;
  readonly event: string;
  readonly body: string;
  readonly signature: string;
}

const sign = (body: string, key: string): string => `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;

const deliver = (story: Story, { id, event, body, signature }: Webhook): Promise<void> =>
  sent(story, "/api/github/webhooks", {
    body,
    headers: {
      "content-type": "application/json",
      "x-github-delivery": id,
      "x-github-event": event,
      ...(signature !== "" && { "x-hub-signature-256": signature }),
    },
  });

const repository = (story: Story, fullName: string) => {
  const repo = story.github.named(fullName);
  if (!repo) throw new Error(`no repository ${fullName}`);
  return {
    id: repo.id,
    full_name: repo.fullName,
    url: `https://api.github.com/repos/${repo.fullName}`,
    name: repo.fullName.split("/")[1],
  };
};

/** What is told, as GitHub's page "Webhook events and payloads" has it, as far as anybody here reads it. */
function webhookOf(story: Story, what: string, { lists = [], repository: of }: Details): Webhook {
  const [, about = "", name = ""] = /^(a .+ (?:of|on)) (\w+)$/.exec(what) ?? [];
  const { repo, pull } = pullOf(story, name);
  const common = {
    repository: repository(story, of ?? repo.fullName),
    installation: { id: 1 },
    sender: { id: 77, login: "somebody" },
  };
  const head_sha = pull.head;
  const pull_requests = lists.map((one) => ({ number: one.number, base: { repo: repository(story, one.repository) } }));
  const check_run = { id: 1, name: "countersign", head_sha, conclusion: "success", pull_requests };
  const events: Readonly<Record<string, readonly [event: string, payload: object]>> = {
    "a review of": ["pull_request_review", { action: "submitted", pull_request: { number: pull.number } }],
    "a check run of": ["check_run", { action: "completed", check_run }],
    "a re-run of the check of": ["check_run", { action: "rerequested", check_run }],
    "a workflow run on": ["workflow_run", { action: "completed", workflow_run: { id: 1, head_sha, pull_requests } }],
  };
  const [event, payload] = events[about] ?? [];
  if (event === undefined) throw new Error(`no webhook tells of ${what}`);
  const body = JSON.stringify({ ...payload, ...common });
  return { id: randomUUID(), event, body, signature: sign(body, story.secretAtGitHub) };
}

/** What is wrong with a webhook that somebody else than GitHub sends, or that is changed on its way. */
const wrongs: Readonly<Record<string, (webhook: Webhook, secret: string) => Webhook>> = {
  "without a signature": (webhook) => ({ ...webhook, signature: "" }),
  "signed with another secret": (webhook) => ({ ...webhook, signature: sign(webhook.body, "a-strangers-secret-0123") }),
  "signed for another body": (webhook, secret) => ({ ...webhook, signature: sign(`${webhook.body} `, secret) }),
  "signed with SHA-1": (webhook, secret) => ({
    ...webhook,
    signature: `sha1=${createHmac("sha1", secret).update(webhook.body).digest("hex")}`,
  }),
  "of 26 MiB": (webhook, secret) => {
    const body = webhook.body.replace(/}$/, `,"more":"${"x".repeat(26 * 1024 * 1024)}"}`);
    return { ...webhook, body, signature: sign(body, secret) };
  },
};

export const webhooks: Acts = [
  [
    /^GitHub tells of (.+?)$/,
    async (story, what, _, details) => {
      story.lastWebhook = webhookOf(story, what, details);
      await deliver(story, story.lastWebhook);
    },
  ],
  [
    /^(?:somebody|GitHub) sends that webhook again$/,
    async (story) => {
      if (!story.lastWebhook) throw new Error("there was no webhook");
      await deliver(story, story.lastWebhook);
    },
  ],
  [
    /^a webhook comes of (.+), (without .+|signed .+|of \d+ MiB)$/,
    async (story, what, wrong, details) => {
      const made = wrongs[wrong]?.(webhookOf(story, what, details), story.secretAtGitHub);
      if (!made) throw new Error(`no webhook is ${wrong}`);
      await deliver(story, made);
    },
  ],
];
