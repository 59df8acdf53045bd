import { createHmac, randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accessRepo } from "../sandbox/seed.ts";
import { Play } from "./play.ts";

/** GitHub's own example payloads. */
const examples = createRequire(import.meta.url)("@octokit/webhooks-examples/api.github.com/index.json") as {
  name: string;
  examples: Record<string, unknown>[];
}[];

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());

async function deliver(event: string, body: Record<string, unknown>): Promise<number> {
  const { app, env } = play.world;
  const payload = JSON.stringify(body);
  const answer = await fetch(`${app.url}/api/github/webhooks`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": `sha256=${createHmac("sha256", env["WEBHOOK_SECRET"] ?? "")
        .update(payload)
        .digest("hex")}`,
    },
    body: payload,
  });
  return answer.status;
}

test("C03 every payload that GitHub publishes, also as of our access repo, is taken and changes nothing", async () => {
  const { id, ownerId } = play.world.github.repository(accessRepo);
  const before = (await play.ledger()).length;
  for (const { name, examples: bodies } of examples) {
    for (const body of bodies) {
      expect(await deliver(name, body)).toBe(202);
      const ours = {
        ...body,
        repository: { ...(body["repository"] as object | undefined), id, owner: { id: ownerId } },
      };
      expect(await deliver(name, ours)).toBe(202);
    }
  }
  await play.settle();
  expect(await play.ledger()).toHaveLength(before);
  // What it did not understand it has not choked on.
  expect(await play.use(await play.grant())).toBe("released");
});
