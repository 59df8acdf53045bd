import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { readHint } from "../../src/queue/index.ts";

const examples = createRequire(import.meta.url)("@octokit/webhooks-examples") as {
  default?: readonly { name: string; examples: readonly unknown[] }[];
};

test("every payload that GitHub publishes as an example gives a hint and never throws", () => {
  const published = examples.default ?? (examples as unknown as NonNullable<typeof examples.default>);
  let read = 0;
  for (const { name, examples: payloads } of published) {
    for (const payload of payloads) {
      const hint = readHint(name, JSON.stringify(payload));
      expect(hint.event).toBe(name);
      read++;
    }
  }
  expect(read).toBeGreaterThan(100);
});
