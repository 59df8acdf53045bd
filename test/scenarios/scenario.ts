import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { load } from "js-yaml";
import { expect } from "vitest";
import { z } from "zod";
import type { Db } from "../../src/store/index.ts";
import type { Company } from "./company.ts";
import { type Details, passing, perform, pullOf } from "./deeds/index.ts";
import { Story } from "./story.ts";

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
});
type Expected = z.infer<typeof outcome>;

const scenario = z.strictObject({
  checklist: z.array(z.string().regex(/^C\d\d$/)),
  title: z.string(),
  /** Why it is so, where the title does not say it. */
  because: z.string().optional(),
  company: z.record(z.string(), z.unknown()).optional(),
  story: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])),
});
export interface Scenario extends z.infer<typeof scenario> {
  readonly file: string;
}

export function scenarios(): readonly Scenario[] {
  const dir = import.meta.dirname;
  return readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yml"))
    .sort()
    .map((file) => {
      const parsed = scenario.safeParse(load(readFileSync(path.join(dir, file), "utf8")));
      if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
      return { ...parsed.data, file };
    });
}

/** Plays one; every `then` is looked at where it stands. */
export async function play(db: Db, { company, story: steps }: Scenario): Promise<Story> {
  const story = await Story.begin(db, company as Company | undefined);
  for (const step of steps) await take(story, step);
  return story;
}

async function take(story: Story, step: Scenario["story"][number]): Promise<void> {
  const [[sentence, details] = ["", undefined], ...more] =
    typeof step === "string" ? [[step, undefined] as const] : Object.entries(step);
  if (more.length > 0) throw new Error(`one sentence a step: ${JSON.stringify(step)}`);
  if (sentence === "then") return check(story, z.record(z.string(), z.unknown()).parse(details));
  if (sentence === "at once") {
    for (const one of z.array(z.unknown()).parse(details)) now(story, one);
  } else if (sentence === "unseen") {
    // No webhook of it arrives.
    for (const one of z.array(z.unknown()).parse(details)) now(story, one);
    story.github.hints.clear();
    return;
  } else if (/^just before \w+$/.test(sentence)) {
    // While the server is at work: before its next call of that name.
    const method = sentence.replace("just before ", "");
    story.github.before = (called) => {
      if (called !== method) return;
      story.github.before = undefined;
      for (const one of z.array(z.unknown()).parse(details)) now(story, one);
    };
    return;
  } else if (sentence === "Countersign sweeps") return story.sweep();
  else if (passing(sentence) !== undefined) {
    story.clock.advance(passing(sentence) ?? 0);
    return story.sweep();
  } else now(story, step);
  await story.settle();
}

/** One sentence, unnoticed so far. A minute later than the one before. */
function now(story: Story, step: unknown): void {
  const parsed = z.union([z.string(), z.record(z.string(), z.unknown())]).parse(step);
  const [sentence = "", details] = typeof parsed === "string" ? [parsed] : (Object.entries(parsed)[0] ?? []);
  story.clock.advance(60);
  perform(story, sentence, typeof details === "string" ? { text: details } : ((details ?? {}) as Details));
  story.clock.advance(2);
}

async function check(story: Story, expected: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, what] of Object.entries(expected)) {
    if (name === "ledger") await checkLedger(story, z.array(z.string()).parse(what));
    else if (name === "nothing waits") expect([...story.waiting]).toEqual([]);
    else if (name === "answers on issues") checkAnswers(story, z.array(z.string()).parse(what));
    else if (name === "issues") checkIssues(story, z.array(z.string()).parse(what));
    else await checkPull(story, name, outcome.parse(what));
  }
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
  const shown = repo.checks.get(pull.head);
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
  if (expected.posted !== undefined) expect(repo.posted.get(pull.head) ?? 0).toBe(expected.posted);
  if (expected.waits !== undefined)
    expect(story.waiting.get(`pull-request:${repo.id}:${pull.number}`) ?? "").toContain(expected.waits);
  const said = (repo.comments.get(pull.number) ?? []).map((one) => one.body).join("\n---\n");
  for (const part of expected.comments ?? []) expect(said).toContain(part);
  if (expected.asked !== undefined) expect([...pull.requested].sort()).toEqual([...expected.asked].sort());
}
