import { expect, test } from "vitest";
import { repositoryFacts } from "../src/enroll.ts";

test("what fails about the token is told without it", async () => {
  // The real fetch, which refuses this header before anything is sent.
  const told = await repositoryFacts("acme/access", {
    GH_ENTERPRISE_TOKEN: "ghp_s3cr3t\nx: y",
    GHE_HOST: "127.0.0.1:1",
    GHE_PROTOCOL: "http",
  });
  expect(told).toBe(
    "http://127.0.0.1:1/api/v3 did not answer. Is it reachable from here, and GH_ENTERPRISE_TOKEN one line?",
  );
});
