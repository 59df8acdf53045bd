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
const all = { include: runSlow ? [...slow, ...further] : ["test/**/*.test.ts"], exclude: runSlow ? [] : slow };

// What runs git and shells itself. To start a process is a fork, which copies the page tables: 28 ms of a worker that has grown
// to a gigabyte with PGlite, 1 ms of one that is small, and these tests start thousands.
const startProcesses = ["action", "audit", "commands", "doctor", "setup"].map((room) => `test/${room}/**/*.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ["test/helpers/global-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // A busy machine is slow, not wrong.
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
    // A worker goes from file to file: to start one and to load what a file imports costs more than most files do. Each file
    // leaves the process as it found it (`unstubEnvs`, `restoreMocks`); in any order, so what does not is found.
    isolate: false,
    unstubEnvs: true,
    unstubGlobals: true,
    restoreMocks: true,
    sequence: { shuffle: { files: true, tests: false } },
    projects: [
      { extends: true, test: { name: "processes", include: startProcesses, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: { name: "rooms", ...all, exclude: [...all.exclude, ...startProcesses], sequence: { groupOrder: 1 } },
      },
    ],
  },
});
