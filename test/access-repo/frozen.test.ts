import { describe, expect, test } from "vitest";
import { frozenLogins, type FreezeSubject, isFrozen, withAccounts } from "../../src/access-repo/index.ts";
import type { FreezeEntry } from "../../src/access-repo/types.ts";

const alice = { id: 11, login: "Alice" };
const bob = { id: 12, login: "bob" };
const subject: FreezeSubject = { target: "aws-prod", requester: alice, approvers: [bob] };
const requester = (login: string, ...accounts: number[]): FreezeEntry => ({ kind: "requester", login, accounts });
const approver = (login: string, ...accounts: number[]): FreezeEntry => ({ kind: "approver", login, accounts });

describe("a freeze covers", () => {
  test.each<readonly [string, FreezeEntry]>([
    ["everything", { kind: "all" }],
    ["its target", { kind: "target", target: "aws-prod" }],
    ["what a login asked for, whose account is not known", { kind: "requester", login: "ALICE" }],
    ["what a login approved, whose account is not known", { kind: "approver", login: "BOB" }],
    ["C07 the requester who has renamed himself since", requester("before", 11)],
    ["C07 the approver who has renamed himself since", approver("before", 12)],
    ["C07 one of several accounts that had the login", requester("before", 99, 11)],
    ["C07 whoever has the login now, though another account was frozen by it", requester("alice", 99)],
  ])("%s", (_, entry) => expect(isFrozen([{ kind: "target", target: "other" }, entry], subject)).toBe(true));
});

describe("a freeze leaves alone", () => {
  test.each<readonly [string, FreezeEntry]>([
    ["another target", { kind: "target", target: "aws-dev" }],
    ["other people", requester("mallory", 99)],
    ["a requester who is frozen as approver", approver("alice", 11)],
    ["an approver who is frozen as requester", requester("bob", 12)],
  ])("%s", (_, entry) => expect(isFrozen([entry], subject)).toBe(false));

  test("nobody, where nobody is known to ask", () => {
    expect(isFrozen([requester(""), approver("")], { target: "aws-prod", requester: null })).toBe(false);
    expect(isFrozen([{ kind: "all" }], { target: "aws-prod", requester: null })).toBe(true);
  });
});

const written: readonly FreezeEntry[] = [
  { kind: "all" },
  { kind: "target", target: "alice" },
  { kind: "requester", login: "Alice" },
  { kind: "approver", login: "ALICE" },
  { kind: "approver", login: "bob" },
];

test("the people of a freeze, each once and without case", () => {
  expect(frozenLogins(written)).toEqual(["alice", "bob"]);
  expect(frozenLogins(written.slice(0, 2))).toEqual([]);
});

test("accounts come to the entries of people, and what is not known is as it was written", () => {
  expect(withAccounts(written, new Map([["alice", [11, 7]]]))).toEqual([
    { kind: "all" },
    { kind: "target", target: "alice" },
    { kind: "requester", login: "Alice", accounts: [11, 7] },
    { kind: "approver", login: "ALICE", accounts: [11, 7] },
    { kind: "approver", login: "bob" },
  ]);
});
