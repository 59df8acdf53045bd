import { defineConfig } from "vitest/config";

// Whole servers and people against them take minutes. `npm test` keeps the main job, what people read and what a life costs, and
// tells the rest as histories (test/scenarios); `npm run test:slow` plays all of it over HTTP and git, and looks further.
const quickServers = ["main-job", "page", "cost", "dispatch", "payloads"];
const slow = [
  `test/e2e/!(${quickServers.join("|")}).test.ts`,
  "test/exchange/database-crash.test.ts",
  "test/exchange/pending.test.ts",
  "test/grant/dispatch.test.ts",
];
const further = ["access-repo/subset-requests", "scenarios/events.property"].map((name) => `test/${name}.test.ts`);
const runSlow = process.env.SLOW !== undefined;

// They start git and shells by the thousand. To start a process is a fork, which copies the page tables: 28 ms of a worker that has
// grown to a gigabyte with PGlite in it, a few of one that is small.
const processes = ["action", "audit", "commands", "doctor", "setup"].map((room) => `test/${room}/**/*.test.ts`);
// What they look at is decided when an SDK is loaded: it reads the environment once.
const alone = ["azure-secrecy", "gcp-canary"].map((name) => `test/cloud/${name}.test.ts`);

// A worker goes from file to file: to start one and to load what a file imports costs more than most files do, and a PGlite that
// is there is only emptied. So a file leaves the process as it found it; that the order is another each time shows who does not.
const quick = [
  { name: "processes", include: processes, isolate: false, sequence: { groupOrder: 0 } },
  { name: "alone", include: alone, isolate: true, sequence: { groupOrder: 1 } },
  {
    name: "rooms",
    include: ["test/**/*.test.ts"],
    exclude: [...slow, ...processes, ...alone],
    isolate: false,
    sequence: { groupOrder: 2 },
  },
];

export default defineConfig({
  test: {
    globalSetup: ["test/helpers/global-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A busy machine is slow, not wrong.
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
    sequence: { shuffle: { files: true, tests: false } },
    ...(runSlow
      ? { include: [...slow, ...further] }
      : { projects: quick.map((test) => ({ extends: true as const, test })) }),
  },
});
