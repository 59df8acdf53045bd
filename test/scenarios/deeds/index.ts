import { parseDuration } from "../../../src/base/duration.ts";
import type { Story } from "../story.ts";
import type { Details, Sentences } from "./details.ts";
import { ofPeople } from "./people.ts";
import { onPullRequests } from "./pull-requests.ts";
import { onRepositories } from "./repositories.ts";
import { inWords } from "./words.ts";

export { type Details, pullOf } from "./details.ts";

const sentences: Sentences = [...onPullRequests, ...onRepositories, ...ofPeople, ...inWords];

/** Does what one sentence says, without anybody noticing it yet. */
export function perform(story: Story, sentence: string, details: Details = {}): void {
  for (const [shape, deed] of sentences) {
    const [, who, what] = shape.exec(sentence) ?? [];
    if (who !== undefined && what !== undefined) return deed(story, who, what, details);
  }
  throw new Error(`no such sentence: ${sentence}`);
}

/** `2h pass`, in seconds; undefined where a sentence is no such. */
export function passing(sentence: string): number | undefined {
  const [, text] = /^(\S+) pass(?:es)?$/.exec(sentence) ?? [];
  return text === undefined ? undefined : parseDuration(text);
}
