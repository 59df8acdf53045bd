import { defineConfig } from "vitest/config";

// Proofs that take longer than a person waits for: `npm run test:slow`, which runs nothing else.
const slow = ["test/e2e/*.slow.test.ts", "test/e2e/crash-answers.test.ts"];
const runSlow = process.env.SLOW !== undefined;

export default defineConfig({
  test: {
    include: runSlow ? slow : ["test/**/*.test.ts"],
    exclude: runSlow ? [] : slow,
    globalSetup: ["test/helpers/global-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    sequence: { shuffle: { files: true, tests: false } },
  },
});
