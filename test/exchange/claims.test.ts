import { expect, test } from "vitest";
import { parseClaims } from "../../src/exchange/claims.ts";
import { hex, payload } from "./fixtures.ts";

test("a job's token parses, and its ids become the branded numbers", () => {
  expect(parseClaims(payload())).toMatchObject({
    repositoryId: 74,
    repositoryOwnerId: 65,
    runId: 900,
    runAttempt: 1,
    actorId: 11,
  });
});

test.each([
  ["an id that is a number", { repository_id: 74 }],
  ["an id with a leading zero", { repository_id: "074" }],
  ["an id beyond what a number holds", { repository_id: "9".repeat(17) }],
  ["a negative id", { actor_id: "-1" }],
  ["an id in another notation", { run_id: "0x10" }],
  ["an environment that is null", { environment: null }],
  ["an environment that is empty", { environment: "" }],
  ["a repository that is no name", { repository: "acme/infra/../other" }],
  ["a workflow_sha that is no commit", { workflow_sha: "main" }],
  ["an upper-case commit", { sha: hex("A") }],
  ["a jti that is missing", { jti: undefined }],
  ["an iat that is text", { iat: "1" }],
  ["a fractional iat", { iat: 1.5 }],
  ["a ref that is a list", { ref: ["refs/heads/main"] }],
  ["no workflow_ref", { workflow_ref: undefined }],
  ["run_attempt zero", { run_attempt: "0" }],
])("%s is no token of a job", (_, over) => {
  expect(parseClaims(payload(over))).toBeUndefined();
});

test("optional claims stay absent", () => {
  const parsed = parseClaims(
    payload({ environment: undefined, job_workflow_ref: undefined, job_workflow_sha: undefined }),
  );
  expect(parsed && "environment" in parsed).toBe(false);
});

test.each([null, 1, "x", [], {}])("%j is no token of a job", (value) => {
  expect(parseClaims(value)).toBeUndefined();
});
