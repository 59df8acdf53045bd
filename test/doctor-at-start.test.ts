import { pino } from "pino";
import { expect, test } from "vitest";
import { RetryLater } from "../src/base/errors.ts";
import { doctorAtStart } from "../src/doctor-at-start.ts";
import { facts, unreadable } from "./doctor/facts.ts";

async function told(doctorFacts: () => Promise<ReturnType<typeof facts>>) {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { level: "info", base: null, timestamp: false },
    { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  await doctorAtStart({ github: { doctorFacts }, log, webUrl: "https://github.com" }, "acme/access");
  return lines;
}

test("what is wrong is a warning each, what is not seen one line, what is fine none", async () => {
  expect(await told(async () => facts({ reader: "app" }))).toEqual([]);
  const lines = await told(async () =>
    facts({ reader: "app", archived: true, actions: unreadable, protection: unreadable }),
  );
  expect(lines).toMatchObject([
    {
      level: 40,
      accessRepo: "acme/access",
      code: "archived",
      severity: "error",
      msg: "doctor: The repository is archived.",
    },
    {
      level: 30,
      unknown: ["actions-approve", "branch-rules"],
      msg: expect.stringContaining("countersign doctor acme/access"),
    },
  ]);
});

test("a GitHub that does not answer is one line, and no error", async () => {
  const lines = await told(async () => {
    throw new RetryLater("github_unreachable", "GitHub did not answer (repository).");
  });
  expect(lines).toMatchObject([{ level: 40, msg: "doctor could not look at the access repo's settings" }]);
});
