import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { load } from "js-yaml";
import { z } from "zod";
import type { Db } from "../../src/store/index.ts";
import type { Company } from "./company.ts";
import { acts, type Details, passing, perform } from "./deeds/index.ts";
import { check } from "./expectations.ts";
import { Story } from "./story.ts";

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
  try {
    for (const step of steps) await take(story, step);
  } finally {
    story.end();
  }
  return story;
}

const list = z.array(z.unknown());

async function take(story: Story, step: unknown): Promise<void> {
  const { sentence, details } = read(step);
  if (sentence === "then") return check(story, z.record(z.string(), z.unknown()).parse(details));
  if (sentence === "at once") {
    const acting = list.parse(details).map((one) => act(story, one) ?? Promise.resolve(now(story, one)));
    await Promise.all(acting);
  } else if (sentence === "unseen") {
    // No webhook of it arrives.
    for (const one of list.parse(details)) now(story, one);
    story.github.hints.clear();
    return;
  } else if (/^just before \w+$/.test(sentence)) {
    // While the server is at work: before its next call of that name.
    const method = sentence.replace("just before ", "");
    story.github.before = (called) => {
      if (called !== method) return;
      story.github.before = undefined;
      for (const one of list.parse(details)) now(story, one);
    };
    return;
  } else if (sentence === "Countersign sweeps") return story.sweep();
  else if (passing(sentence) !== undefined) {
    story.clock.advance(passing(sentence) ?? 0);
    return story.sweep();
  } else await (act(story, step) ?? now(story, step));
  await story.settle();
}

/** A sentence, alone or with more about it. */
function read(step: unknown): { readonly sentence: string; readonly details: unknown } {
  const [[sentence, details] = ["", undefined], ...more] =
    typeof step === "string"
      ? [[step, undefined] as const]
      : Object.entries(z.record(z.string(), z.unknown()).parse(step));
  if (more.length > 0) throw new Error(`one sentence a step: ${JSON.stringify(step)}`);
  return { sentence, details };
}
const detailsOf = (details: unknown): Details =>
  typeof details === "string" ? { text: details } : ((details ?? {}) as Details);

/** One sentence, unnoticed so far. A minute later than the one before. */
function now(story: Story, step: unknown): void {
  const { sentence, details } = read(step);
  story.clock.advance(60);
  perform(story, sentence, detailsOf(details));
  story.clock.advance(2);
}

/** One sentence in which the server is at work, a minute later as well; undefined where it is none. */
function act(story: Story, step: unknown): Promise<void> | undefined {
  const { sentence, details } = read(step);
  for (const [shape, does] of acts) {
    const found = shape.exec(sentence);
    if (!found) continue;
    story.clock.advance(60);
    return does(story, found[1] ?? "", found[2] ?? "", detailsOf(details)).then(() => story.clock.advance(2));
  }
  return undefined;
}
