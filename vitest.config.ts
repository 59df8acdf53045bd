import { defineConfig } from "vitest/config";

// Whole servers and people against them take minutes. `npm test` keeps the main job, what people read and what a life costs, and
// tells the rest as histories (test/scenarios); `npm run test:slow` plays all of it over HTTP and git, and looks further.
const quickServers = ["main-job", "page", "cost", "dispatch", "payloads"];
const slow = [
  `test/e2e/!(${quickServers.join("|")}).test.ts`,
  "test/exchange/pending.test.ts",
  "test/grant/dispatch.test.ts",
];
const further = ["access-repo/subset-requests", "scenarios/events.property"].map((name) => `test/${name}.test.ts`);
const runSlow = process.env.SLOW !== undefined;

export default defineConfig({
  test: {
    include: runSlow ? [...slow, ...further] : ["test/**/*.test.ts"],
    exclude: runSlow ? [] : slow,
    globalSetup: ["test/helpers/global-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A busy machine is slow, not wrong.
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
    sequence: { shuffle: { files: true, tests: false } },
  },
});
