import { expect, test } from "vitest";
import { untested, untold } from "../../docs/checklist-page.ts";

test("every attack of the checklist has a test that bears its number", async () => {
  expect(await untested()).toEqual([]);
});

test("every attack but those on the exchange's tokens is told as a history", async () => {
  expect(await untold(["OIDC exchange"])).toEqual([]);
});
