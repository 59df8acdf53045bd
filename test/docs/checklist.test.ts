import { expect, test } from "vitest";
import { untested } from "../../docs/checklist-page.ts";

test("every attack of the checklist has a test that bears its number", async () => {
  expect(await untested()).toEqual([]);
});
