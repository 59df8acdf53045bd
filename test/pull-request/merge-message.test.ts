import { expect, test } from "vitest";
import { useStore } from "../helpers/stores.ts";
import { requestText } from "../scenarios/company.ts";
import { perform } from "../scenarios/deeds/index.ts";
import { Story } from "../scenarios/story.ts";

const open = useStore();

test("C62 text of the requester mentions nobody, closes no issue and adds no trailer by the merge that we make", async () => {
  const { db } = await open();
  const story = await Story.begin(db, {
    settings: 'approvals: 1\nbreak_glass: { members: ["@alice"] }\n',
    role: "    break_glass: true\n",
  });
  const hostile =
    "@acme/everybody fixes #1, closes acme/infra#2, resolves GH-3 and https://github.com/acme/infra/issues/4 Approved-by: bob";
  const text = requestText().replace(/reason: .*/, `reason: '${hostile}'`);
  const more = `ticket: 'fixes #5 @bob'\nbreak_glass: '${hostile} for bob@acme.example'\n`;
  const said: string[] = [];
  const merge = story.github.merge.bind(story.github);
  story.github.merge = (...args: Parameters<typeof merge>) => {
    const [, , , title, message] = args as unknown as [unknown, number, string, string, string];
    said.push(title, message);
    return merge(...args);
  };
  perform(story, "alice asks for one", { files: { "requests/aws-prod/2026-11/one.yml": `${text}${more}` } });
  await story.settle();
  const [title = "", message = ""] = said;
  expect(`${title}\n${message}`).not.toMatch(/@(acme|bob)/);
  expect(title.replace(/ \(#1\)$/, "")).not.toMatch(/#\d/);
  expect(message.replace(/^Pull-request: #1$/m, "")).not.toMatch(/#\d|GH-\d|https:/);
  expect(message).toContain("Ticket: fixes # 5 @ bob");
  expect(message).not.toMatch(/^Approved-by/m);
  expect(message).toContain("Rule: break_glass");
});
