import { expect } from "vitest";
import { z } from "zod";
import { codeOf } from "../exchange/world.ts";
import { pullOf, runOf } from "./deeds/index.ts";
import type { Answer, Story } from "./story.ts";

const texts = z.array(z.string());

/** What is then true of one pull request and its requests. */
const outcome = z.strictObject({
  is: z.enum(["open", "closed", "merged"]).optional(),
  /** The whole title of the check run. */
  title: z.string().optional(),
  conclusion: z.enum(["success", "failure", "action_required", "neutral", "none"]).optional(),
  /** Parts of its page. */
  says: z.array(z.string()).optional(),
  "does not say": z.array(z.string()).optional(),
  /** State of every grant of it; `none`. */
  grant: z.enum(["active", "revoked", "expired", "none"]).optional(),
  /** By which rule it was decided. */
  by: z.enum(["owners", "auto_approve", "break_glass", "freeze"]).optional(),
  /** Why what reached the default branch never grants. */
  quarantine: z.string().optional(),
  /** How often its check run was posted on its head. */
  posted: z.number().optional(),
  waits: z.string().optional(),
  /** Parts of what is said on it. */
  comments: z.array(z.string()).optional(),
  asked: z.array(z.string()).optional(),
  /** The bucket that its run was started with: of the run that its grant is bound to, where that is not cancelled. */
  "its run": z.string().optional(),
});
type Expected = z.infer<typeof outcome>;

/** What is said after `then`, beside pull requests by their name. */
const expectations: Readonly<Record<string, (story: Story, what: unknown) => void | Promise<void>>> = {
  ledger: (story, what) => checkLedger(story, texts.parse(what)),
  "the ledger has": (story, what) => checkCounts(story, z.record(z.string(), z.number()).parse(what)),
  "nothing waits": (story) => expect([...story.waiting]).toEqual([]),
  "answers on issues": (story, what) => checkAnswers(story, texts.parse(what)),
  issues: (story, what) => checkIssues(story, texts.parse(what)),
  "the job gets": (story, what) => expect(wordsOf(story.answers.at(-1))).toBe(what),
  "the jobs get": (story, what) => expect(story.answers.map(wordsOf).sort()).toEqual([...texts.parse(what)].sort()),
  "it is told": (story, what) => expect(descriptionOf(story.answers.at(-1))).toContain(what),
  "GitHub gets": (story, what) => expect(wordsOf(story.answers.at(-1))).toBe(what),
  "the cloud gave": (story, what) => expect(story.cloud.minted).toHaveLength(z.number().parse(what)),
  "the operator is told": (story, what) => {
    const parts = texts.parse(what);
    expect(story.told).toEqual(parts.map((part) => expect.stringContaining(part)));
  },
  exchanges: checkExchanges,
  issuing: checkIssuing,
  deliveries: checkDeliveries,
  "the runs": (story, what) =>
    expect(
      story.github.runs.all.map((run) => `${run.inputs["bucket"] ?? "no bucket"}${run.cancelled ? ", cancelled" : ""}`),
    ).toEqual(what),
  "readyz says": checkReadiness,
};

/** Looks at what a `then` says. */
export async function check(story: Story, expected: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, what] of Object.entries(expected)) {
    const look = expectations[name];
    if (look) await look(story, what);
    else await checkPull(story, name, outcome.parse(what));
  }
  story.answers.splice(0);
  story.told.splice(0);
}

/** `403 runs_exhausted`; credentials, or what else was given, as they are. */
function wordsOf(answer: Answer | "nothing" | undefined): string {
  if (answer === undefined) return "no answer, since nobody asked";
  if (answer === "nothing") return answer;
  const { status, body } = answer;
  if (typeof body["access_token"] === "string") return body["access_token"];
  if (status < 400) return String(status);
  return `${status} ${typeof body["error_uri"] === "string" ? codeOf({ body }) : String(body["error"])}`;
}
const descriptionOf = (answer: Answer | "nothing" | undefined): string =>
  typeof answer === "object" ? String(answer.body["error_description"]) : "";

/** The states of all exchanges, in the order in which they began. */
async function checkExchanges({ db }: Story, what: unknown): Promise<void> {
  const rows = await db.selectFrom("exchange").select("state").orderBy("started_at").execute();
  expect(rows.map((row) => row.state)).toEqual(what);
}

/** `active`, or a state with a part of its reason. */
async function checkIssuing({ db, home }: Story, what: unknown): Promise<void> {
  const row = await db
    .selectFrom("enrolment")
    .select(["state", "state_reason"])
    .where("repository_id", "=", String(home.id))
    .executeTakeFirst();
  const is = row?.state_reason ? `${row.state}: ${row.state_reason}` : row?.state;
  const [, state = "", reason = ""] = /^(\w+)(?:: (.+))?$/.exec(z.string().parse(what)) ?? [];
  expect(is).toMatch(new RegExp(`^${state}`));
  expect(is).toContain(reason);
}

async function checkDeliveries({ db }: Story, what: unknown): Promise<void> {
  const rows = await db.selectFrom("delivery").select("status").orderBy("received_at").execute();
  expect(rows.map((row) => row.status)).toEqual(what);
}

async function checkReadiness({ server }: Story, what: unknown): Promise<void> {
  const answer = await server.http.request("/readyz");
  expect(await answer.json()).toMatchObject({ degraded: what });
}

/** So many entries of each type, and not one more. */
async function checkCounts(story: Story, counts: Readonly<Record<string, number>>): Promise<void> {
  const found = (await story.ledger()).map((entry) => entry.type as string);
  const counted = Object.keys(counts).map((type) => [type, found.filter((one) => one === type).length] as const);
  expect(Object.fromEntries(counted)).toEqual(counts);
}

/** These, in this order, whatever else is between them. */
async function checkLedger(story: Story, types: readonly string[]): Promise<void> {
  const found = (await story.ledger()).map((entry) => entry.type as string);
  let at = 0;
  for (const type of found) if (type === types[at]) at++;
  expect(types.slice(0, at), `the ledger has ${found.join(", ")}`).toEqual(types);
}
function checkIssues(story: Story, parts: readonly string[]): void {
  const open = [...story.home.issues.values()].filter((issue) => issue.state === "open");
  const texts = open.map((issue) => `${issue.title}\n${issue.body}`);
  expect(texts).toHaveLength(parts.length);
  for (const [i, part] of parts.entries()) expect(texts[i]).toContain(part);
}
/** All that we said on issues, and nothing else. */
function checkAnswers({ github, home }: Story, parts: readonly string[]): void {
  const said = [...home.issues.keys()].flatMap((number) => home.comments.get(number) ?? []);
  const ours = said.filter((one) => one.author?.id === github.bot.id).map((one) => one.body);
  expect(ours).toEqual(parts.map((part) => expect.stringContaining(part)));
}

async function checkPull(story: Story, name: string, expected: Expected): Promise<void> {
  const { repo, pull, paths } = pullOf(story, name);
  const shown = repo.checkOf(pull);
  const page = `${shown?.title}\n${shown?.summary}\n${(shown?.annotations ?? []).map((d) => `${d.code} ${d.message} ${d.hint}`).join("\n")}`;
  if (expected.is !== undefined) expect({ is: pull.state, page }).toEqual({ is: expected.is, page });
  if (expected.title !== undefined) expect(shown?.title).toBe(expected.title);
  if (expected.conclusion !== undefined)
    expect({ conclusion: shown?.conclusion ?? "none", page }).toEqual({ conclusion: expected.conclusion, page });
  for (const part of expected.says ?? []) expect(page).toContain(part);
  for (const part of expected["does not say"] ?? []) expect(page).not.toContain(part);
  const grants = await Promise.all(paths.map((file) => story.grantOf(file, repo)));
  if (expected.grant !== undefined)
    expect(grants.map((grant) => grant?.state ?? "none")).toEqual(paths.map(() => expected.grant));
  if (expected.by !== undefined) for (const grant of grants) expect(grant?.rule).toBe(expected.by);
  if (expected.quarantine !== undefined)
    for (const file of paths) expect(await story.quarantineOf(file, repo)).toBe(expected.quarantine);
  if (expected.posted !== undefined) expect(shown?.posted ?? 0).toBe(expected.posted);
  if (expected.waits !== undefined)
    expect(story.waiting.get(`pull-request:${repo.id}:${pull.number}`) ?? "").toContain(expected.waits);
  const said = (repo.comments.get(pull.number) ?? []).map((one) => one.body).join("\n---\n");
  for (const part of expected.comments ?? []) expect(said).toContain(part);
  if (expected.asked !== undefined) expect([...pull.requested].sort()).toEqual([...expected.asked].sort());
  if (expected["its run"] !== undefined) await checkRun(story, name, expected["its run"]);
}

async function checkRun(story: Story, name: string, bucket: string): Promise<void> {
  const { repo, paths } = pullOf(story, name);
  const row = await story.db
    .selectFrom("grant")
    .innerJoin("dispatch", "dispatch.id", "grant.dispatch_id")
    .select("dispatch.run_id")
    .where("grant.repository_id", "=", String(repo.id))
    .where("grant.path", "in", paths)
    .executeTakeFirst();
  const alive = runOf(story, `the run for ${name}`);
  expect({ bound: String(row?.run_id), with: alive.inputs["bucket"] }).toEqual({
    bound: String(alive.id),
    with: bucket,
  });
}
