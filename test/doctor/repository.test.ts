import { expect, test } from "vitest";
import { brief, find, read, unreadable } from "./facts.ts";

test("public is an error; private again is never done without a person's yes", () => {
  const [only] = find({ visibility: "public" });
  expect(only).toMatchObject({
    code: "visibility",
    level: "error",
    fix: { call: { method: "PATCH", path: "repos/acme/access", body: { visibility: "private" } } },
  });
  expect(only?.fix?.loosens).toHaveLength(1);
  expect(brief({ visibility: "internal" })).toEqual(["note visibility"]);
});

test("archived is an error", () => {
  expect(brief({ archived: true })).toEqual(["error archived"]);
});

test("squash merges: needed, and unknown where GitHub does not show it", () => {
  expect(find({ squash: read(false) })[0]).toMatchObject({
    level: "error",
    code: "squash",
    fix: { loosens: [], call: { method: "PATCH", body: { allow_squash_merge: true } } },
  });
  expect(brief({ squash: unreadable })).toEqual(["unknown squash"]);
});

test("workflows that approve or write by default: each with its own command", () => {
  const found = find({ actions: read({ approve: true, write: true }) });
  expect(found.map((f) => [f.level, f.code, f.fix?.call.body])).toEqual([
    ["warning", "actions-approve", { can_approve_pull_request_reviews: false }],
    ["warning", "actions-write", { default_workflow_permissions: "read" }],
  ]);
  expect(found[0]?.fix?.call).toMatchObject({ method: "PUT", path: "repos/acme/access/actions/permissions/workflow" });
  expect(brief({ actions: unreadable })).toEqual(["unknown actions-approve"]);
});
