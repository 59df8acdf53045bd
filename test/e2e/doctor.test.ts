import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { doctor } from "../../src/commands/doctor.ts";
import { fakeIo } from "../commands/fake-io.ts";
import { startServer } from "../sandbox/world.ts";
import { Play } from "./play.ts";

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
  readonly unknown?: readonly string[];
}
let play: Play;
let lines: Line[] = [];
const log = pino({ level: "info" }, { write: (line) => void lines.push(JSON.parse(line) as Line) });
const told = () => lines.filter((line) => line.msg.startsWith("doctor"));

beforeAll(async () => {
  play = await Play.start({ log });
});
afterAll(() => play.end());

async function restart(): Promise<void> {
  await play.world.app.close();
  lines = [];
  play.world.github.clearRequests();
  Object.assign(play.world, { app: await startServer({ ...play.world, port: 0 }, log) });
  await play.settle();
}

test("after enrolment the log says what the App sees, once; what it may not see is one line", async () => {
  expect(
    told()
      .filter((line) => line.level === 40)
      .map((line) => line.code),
  ).toEqual([
    "visibility",
    "branch-pull-request",
    "branch-check",
    "branch-force-push",
    "branch-deletion",
    "ledger-rules",
  ]);
  expect(told().filter((line) => line.level === 30)).toMatchObject([{ unknown: ["actions-approve"] }]);
  lines = [];
  await play.grant();
  expect(told()).toEqual([]);
});

test("it asks little, writes nothing, and a GitHub that refuses stops nothing", async () => {
  const undo = play.world.github.intercept({
    before: ({ path }) =>
      path.includes("/rules") || path.includes("/codeowners")
        ? Response.json({ message: "no" }, { status: 403 })
        : undefined,
  });
  await restart();
  undo();
  const asked = play.world.github.requests.filter((r) =>
    /rules|codeowners|branches\/|installations\/\d+$|teams\/[^/]+(\/repos.*)?$/.test(r.path),
  );
  expect(asked.length).toBeLessThanOrEqual(10);
  expect(asked.every((r) => r.method === "GET")).toBe(true);
  expect(told().find((line) => line.level === 30)?.unknown).toEqual(
    expect.arrayContaining(["branch-rules", "ledger-rules", "codeowners"]),
  );
  expect(await play.use(await play.grant())).toBe("released");
});

test("with what doctor --fix sets the whole way works, and the App has nothing to say", async () => {
  const { github, env } = play.world;
  const { io, printed } = fakeIo("/", {
    env: {
      GH_HOST: env["GHE_HOST"],
      GHE_PROTOCOL: "http",
      GH_ENTERPRISE_TOKEN: github.users["root"]?.token,
      APP_ID: env["APP_ID"],
    },
  });
  await doctor(
    "acme/access",
    { fix: true },
    { io, person: true, ask: async () => "y", ghToken: async () => undefined },
  );
  expect(printed.err).not.toContain("Failed");
  await restart();
  expect(told().filter((line) => line.level >= 40)).toEqual([]);
  // It merges, and its ledger is written where nobody else may write.
  expect(await play.use(await play.grant())).toBe("released");
  await expect(
    play.world.player("root").push("countersign-ledger", { x: "y" }, { from: "origin/countersign-ledger" }),
  ).rejects.toThrow(/declined|rejected/);
});
