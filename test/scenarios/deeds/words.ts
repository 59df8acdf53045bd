import type { Repository } from "../model/repository.ts";
import type { Story } from "../story.ts";
import { pullOf, type Sentences } from "./details.ts";

/** The issue of a use of break-glass. */
function reviewOf(story: Story, name: string): { repo: Repository; number: number } {
  const { repo, pull } = pullOf(story, name);
  const found = [...repo.issues.values()].find(({ body }) => body.includes(`after-review:${repo.id}#${pull.number} `));
  if (!found) throw new Error(`${name} owes no review`);
  return { repo, number: found.number };
}
/** What is said, on pull requests and issues. */
export const inWords: Sentences = [
  [
    /^(\w+) says on (\w+)$/,
    (story, who, name, { text = "" }) => {
      const { repo, pull } = pullOf(story, name);
      story.github.say(repo, pull.number, story.github.person(who), text);
    },
  ],
  [
    /^(\w+) says on an issue of (\w+)$/,
    (story, who, login, { text = "" }) => {
      const number = ++story.home.numbers;
      const author = story.github.person(login);
      story.home.issues.set(number, { number, author, title: "a question", body: "", state: "open" });
      story.github.say(story.home, number, story.github.person(who), text);
    },
  ],
  [
    /^(\w+) says on the review of (\w+)$/,
    (story, who, name, { text = "" }) => {
      const { repo, number } = reviewOf(story, name);
      story.github.say(repo, number, story.github.person(who), text);
    },
  ],
  [
    /^(\w+) puts words into the review of (\w+)$/,
    (story, _, name, { text = "" }) => {
      const { repo, number } = reviewOf(story, name);
      const said = repo.comments.get(number)?.findLast((one) => one.author?.kind === "user");
      Object.assign(said ?? {}, { body: text, edited: true });
      story.github.hints.add(`issue:${repo.id}:${number}`);
    },
  ],
  [
    /^(\w+) closes the review of (\w+)$/,
    (story, _, name) => {
      const { repo, number } = reviewOf(story, name);
      Object.assign(repo.issues.get(number) ?? {}, { state: "closed" });
      story.github.hints.add(`issue:${repo.id}:${number}`);
    },
  ],
  [
    /^(\w+) deletes the review of (\w+)$/,
    (story, _, name) => {
      const { repo, number } = reviewOf(story, name);
      repo.issues.delete(number); // that webhook names an issue of which nobody knows any more whether it was ours
    },
  ],
];
