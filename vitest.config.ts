import { defineConfig } from "vitest/config";

// Whole servers and people against them, minutes long: `npm run test:slow` runs these, and those that then look further.
const slow = [
  ...[
    "policy",
    "frozen",
    "crash",
    "crash-*",
    "ask",
    "pending",
    "gcp",
    "azure-and-oidc",
    "github",
    "keys",
    "doctor",
    "roles",
  ].map((name) => `test/e2e/${name}.test.ts`),
  "test/exchange/pending.test.ts",
  "test/grant/dispatch.test.ts",
];
const further = ["access-repo/subset-requests", "access-repo/fuzz-*"].map((name) => `test/${name}.test.ts`);
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
