import { expect, test } from "vitest";
import { useStore } from "../../helpers/stores.ts";
import { perform } from "../../scenarios/deeds/index.ts";
import { Story } from "../../scenarios/story.ts";

const open = useStore();

test("C66 a flood of comments on the issue of a break-glass use neither hides nor delays its review", async () => {
  const { db } = await open();
  const story = await Story.begin(db, {
    role: "    break_glass: true\n",
    settings: 'break_glass: { members: ["@alice"] }\n',
  });
  const { github, home, clock } = story;
  const mallory = github.person("mallory");
  perform(story, "alice asks for one", { more: "break_glass: INC-2041 checkout is down\n" });
  await story.settle();
  const [issue] = home.issues.values();
  if (!issue) throw new Error("no issue");
  for (let i = 0; i < 1500; i++) github.say(home, issue.number, mallory, i % 3 ? "x" : "/countersign reviewed");
  clock.advance(60);
  perform(story, "bob says on the review of one", { text: "/countersign reviewed" });
  for (let i = 0; i < 300; i++) github.say(home, issue.number, mallory, "/countersign reviewed");
  let asked = 0;
  github.before = (method) => void (asked += method === "canWrite" || method === "teamMember" ? 1 : 0);
  await story.settle();
  expect(issue.state).toBe("closed");
  expect((await story.ledger()).map((entry) => entry.type)).toContain("reviewed");
  expect(asked).toBeLessThan(20);
  const answers = home.comments.get(issue.number)?.filter((one) => one.author?.id === github.bot.id) ?? [];
  expect(answers.length).toBeLessThanOrEqual(10);
});
