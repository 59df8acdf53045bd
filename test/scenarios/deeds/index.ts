import { parseDuration } from "../../../src/base/duration.ts";
import type { Story } from "../story.ts";
import type { Details, Sentences } from "./details.ts";
import { aroundTheServer } from "./accidents.ts";
import { onTheLedger } from "./ledger.ts";
import { ofPeople } from "./people.ts";
import { onPullRequests } from "./pull-requests.ts";
import { onRepositories } from "./repositories.ts";
import { ofRuns } from "./runs.ts";
import { inWords } from "./words.ts";

export { acts } from "./acts.ts";
export { type Details, pullOf } from "./details.ts";
export { runOf } from "./runs.ts";

const sentences: Sentences = [
  ...onPullRequests,
  ...onRepositories,
  ...ofPeople,
  ...inWords,
  ...ofRuns,
  ...onTheLedger,
  ...aroundTheServer,
];

/** Does what one sentence says, without anybody noticing it yet. */
export function perform(story: Story, sentence: string, details: Details = {}): void {
  for (const [shape, deed] of sentences) {
    const found = shape.exec(sentence);
    if (found) return deed(story, found[1] ?? "", found[2] ?? "", details);
  }
  throw new Error(`no such sentence: ${sentence}`);
}

/** `2h pass`, in seconds; undefined where a sentence is no such. */
export function passing(sentence: string): number | undefined {
  const [, text] = /^(\S+) pass(?:es)?$/.exec(sentence) ?? [];
  return text === undefined ? undefined : parseDuration(text);
}
