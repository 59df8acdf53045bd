import { describe, test } from "vitest";
import { useStore } from "../helpers/stores.ts";
import { play, scenarios } from "./scenario.ts";

// Each file beside this one that ends with .yml is a test: a small history and what must come of it.
const open = useStore();

const byFolder = Map.groupBy(scenarios(), ({ file }) => file.split("/")[0] ?? "");
describe.each([...byFolder])("%s", (_, stories) => {
  for (const story of stories)
    test(`${story.checklist.join(" ")} ${story.title}`, async () => {
      const { db } = await open();
      await play(db, story);
    });
});
