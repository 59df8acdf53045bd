import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyClone } from "../../src/audit/index.ts";
import { ledgerAccept, policyAccept } from "../../src/commands/accept.ts";
import { fakeIo } from "../commands/fake-io.ts";
import { openStore } from "../../src/store/index.ts";
import { git } from "../sandbox/players.ts";
import { accessRepo } from "../sandbox/world.ts";
import { target } from "../sandbox/seed.ts";
import { access, Play, requestText } from "./play.ts";

// What quarantine tells people, and what only an operator can do about it and about the ledger.

let play: Play;
beforeAll(async () => {
  play = await Play.start();
});
afterAll(() => play.end());
const targetPath = "targets/aws-prod.yml";
let current = target;
const longer = (hours: number) => current.replace(/max_duration: \d+h/, `max_duration: ${hours}h`);

const issues = async (title: RegExp) => {
  const { api } = play.world.player("root");
  const { data } = await api.rest.issues.listForRepo({ ...access, state: "all", creator: "countersign[bot]" });
  return data.filter((i) => !i.pull_request && title.test(i.title)).map((i) => ({ ...i, body: i.body ?? "" }));
};
const policyIssues = () => issues(/^Policy quarantine/);
const requestIssues = () => issues(/never grant/);
const lastComment = async (number: number) =>
  (await play.world.player("root").api.rest.issues.listComments({ ...access, issue_number: number })).data.at(-1)?.body;

/** As on the server's machine. */
async function operator(run: (io: ReturnType<typeof fakeIo>["io"]) => Promise<number>) {
  const { io, printed } = fakeIo(play.world.dir, {
    env: { DATA_DIR: path.dirname(play.world.app.adminSocket ?? "/") },
  });
  const status = await run(io);
  await play.settle();
  return {
    status,
    json: printed.out.startsWith("{") ? (JSON.parse(printed.out) as Record<string, unknown>) : {},
    ...printed,
  };
}

test("one issue tells of a pushed policy, names who, is updated by more pushes, and closes itself with a word", async () => {
  const first = await play.pushMain({ [targetPath]: longer(5) });
  const [issue, ...more] = await policyIssues();
  expect(more).toEqual([]);
  expect(issue?.body).toContain(`- ${first}: pushed by \`root\`, author \`root\``);
  expect(issue?.body).toContain("countersign policy accept sha256:");
  expect(issue?.body).not.toMatch(/@(?!\u200c)[a-z]/i);
  const second = await play.pushMain({ [targetPath]: longer(6) });
  const [updated, ...others] = await policyIssues();
  expect(others).toEqual([]);
  for (const sha of [first, second]) expect(updated?.body).toContain(sha);

  await play.pushMain({ [targetPath]: current }, "restore");
  expect((await policyIssues()).map((i) => i.state)).toEqual(["closed"]);
  expect(await lastComment(issue?.number ?? 0)).toBe("The policy in force is back.");
  // A flood does not become a flood of issues: soon after, it is the same one again.
  await play.pushMain({ [targetPath]: longer(7) });
  expect((await policyIssues()).map((i) => [i.number, i.state])).toEqual([[issue?.number, "open"]]);
  await play.pushMain({ [targetPath]: current }, "restore");
  play.world.clock.skip(700);
  await play.pushMain({ [targetPath]: longer(8) });
  expect((await policyIssues()).map((i) => i.state)).toEqual(["open", "closed"]);
  await play.pushMain({ [targetPath]: current }, "restore");
});

test("one issue tells of all requests that never grant, and closes itself when they are deleted, webhook or not", async () => {
  const [one, two] = [play.path(), play.path()];
  await play.pushMain({ [one]: requestText(), [two]: requestText() }, "past @acme/everybody #1");
  const [issue, ...more] = await requestIssues();
  expect(more).toEqual([]);
  for (const file of [one, two]) expect(issue?.body).toContain(`\`${file}\`: it came without a pull request`);
  const third = play.path();
  await play.pushMain({ [third]: requestText() });
  expect((await requestIssues())[0]).toMatchObject({ number: issue?.number, title: "3 requests that never grant" });
  await play.pushMain({ [one]: null, [two]: null });
  expect((await requestIssues())[0]).toMatchObject({ state: "open", title: "A request that never grants" });
  await play.unseen(() => play.pushMain({ [third]: null }));
  expect((await requestIssues()).map((i) => i.state)).toEqual(["closed"]);
  expect(await lastComment(issue?.number ?? 0)).toBe("The files are gone.");
});

test("a crash after the issue was opened does not open another", async () => {
  play.world.clock.skip(700);
  const before = (await policyIssues()).length;
  let dropped = 0;
  const undo = play.world.github.intercept({
    after: ({ method, path: url }) =>
      method === "POST" && url.endsWith("/issues") && dropped++ === 0 ? "drop" : undefined,
  });
  await play.pushMain({ [targetPath]: longer(5) });
  play.world.clock.skip(61);
  await play.settle();
  undo();
  expect(dropped).toBe(1);
  expect(await policyIssues()).toHaveLength(before + 1);
  await play.pushMain({ [targetPath]: current }, "restore");
  expect((await policyIssues()).map((i) => i.state)).not.toContain("open");
});

test("policy accept puts exactly the named, valid policy at the tip in force, and the ledger says by whose word", async () => {
  const granted = await play.grant();
  const changed = longer(9).replace("description: Production account", "description: Accepted");
  await play.pushMain({ [targetPath]: changed });
  expect(await play.use(granted)).toBe("policy_quarantined");
  const digest = /accept (sha256:[0-9a-f]{64})/.exec((await policyIssues())[0]?.body ?? "")?.[1] ?? "";
  const why = { reason: "Both owners have left", json: true };
  const other = await operator((io) => policyAccept(`sha256:${"0".repeat(64)}`, why, io));
  expect(other).toMatchObject({ status: 1, json: { ok: false, code: "other_digest" } });
  expect(String(other.json.message)).toContain(digest);
  expect(await play.use(granted)).toBe("policy_quarantined");

  const done = await operator((io) => policyAccept(digest, { ...why, repo: "ACME/access" }, io));
  expect(done).toMatchObject({ status: 0, json: { ok: true, digest, already: false } });
  current = changed;
  expect(await play.use(granted)).toBe("released");
  const entry = (await play.ledger()).findLast((e) => e.type === "policy_accepted");
  expect(entry).toMatchObject({
    policy_digest: digest,
    pull_request: null,
    decision_key: null,
    approved_by: [],
    reason: "Both owners have left",
  });
  expect(await lastComment((await policyIssues())[0]?.number ?? 0)).toContain("was accepted");
  const again = await operator((io) => policyAccept(digest, why, io));
  expect(again.json).toMatchObject({ ok: true, already: true });
});

test("policy accept refuses what is not valid, and what is no access repo of this server", async () => {
  await play.pushMain({ [targetPath]: current.replace("cloud: aws", "cloud: moon") });
  const digest = /accept (sha256:[0-9a-f]{64})/.exec((await policyIssues())[0]?.body ?? "")?.[1] ?? "";
  const why = { reason: "x", json: true };
  expect((await operator((io) => policyAccept(digest, why, io))).json).toMatchObject({ code: "policy_not_valid" });
  const stranger = await operator((io) => policyAccept(digest, { ...why, repo: "acme/website" }, io));
  expect(stranger.json).toMatchObject({ code: "which_repository" });
  await play.pushMain({ [targetPath]: current }, "restore");
});

test("a policy in force that this version cannot read has its way out: the owners are told of it, and it works", async () => {
  const unreadable = { [targetPath]: current.replace("cloud: aws", "cloud: moon") };
  const commit = await play.pushMain(unreadable);
  const why = { reason: "Countersign was upgraded", json: true };
  const digestOnMain = async () =>
    /accept (sha256:[0-9a-f]{64})/.exec((await policyIssues())[0]?.body ?? "")?.[1] ?? "";
  // As an older version left it, which could read that.
  const { db, close } = await openStore({ databaseUrl: play.world.env.DATABASE_URL ?? "" });
  await db
    .updateTable("enrolment")
    .set({ accepted_digest: await digestOnMain(), accepted_commit: commit, quarantined_digest: null })
    .execute();
  await close();
  const ask = await play.ask({ files: { [targetPath]: current } });
  expect((await play.check(ask.head)).summary).toMatch(/CS4021.*[\s\S]*countersign policy accept/);
  await play.mergeByHand(ask);
  const done = await operator(async (io) => policyAccept(await digestOnMain(), why, io));
  expect(done).toMatchObject({ status: 0, json: { ok: true, already: false } });
  expect(await play.use(await play.grant())).toBe("released");
});

test("C52 ledger accept goes on after a foreign commit, which no reader takes for ours", async () => {
  const granted = await play.grant();
  expect((await operator((io) => ledgerAccept({ reason: "x", json: true }, io))).json).toMatchObject({
    code: "nothing_to_accept",
  });
  const root = play.world.player("root");
  const dir = await root.clone();
  await git(dir, "checkout", "-q", "-B", "countersign-ledger", "origin/countersign-ledger");
  const foreign = await root.push("countersign-ledger", { "ledger/README.md": "hello\n" });
  await git(dir, "checkout", "-q", "-B", "main", "origin/main");
  expect(await play.use(granted)).toMatch(/issuing_stopped/);
  const done = await operator((io) => ledgerAccept({ reason: "A test push", json: true }, io));
  expect(done).toMatchObject({ status: 0, json: { ok: true, foreign: 1, recorded: true } });
  expect(await play.use(granted)).toBe("released");
  const { dir: bare } = play.world.github.repository(accessRepo);
  const audit = await verifyClone(bare, { keys: [play.world.app.ledgerPublicKey] });
  expect(audit).toMatchObject({ ok: true, problems: [] });
  expect(audit.accepted).toMatchObject([{ commit: foreign, reason: "A test push" }]);
});
