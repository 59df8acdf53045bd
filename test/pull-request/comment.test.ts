import { describe, expect, test } from "vitest";
import type { Actor } from "../../src/approval/types.ts";
import { commitSha, digest, ownerId, repositoryId, userId } from "../../src/base/ids.ts";
import type { GitHub } from "../../src/github/types.ts";
import { commentsToKeep, reconcileComment } from "../../src/pull-request/after-merge.ts";
import {
  grantedText,
  nextPath,
  type TellableGrant,
  waitingText,
  worthAComment,
  worthTelling,
} from "../../src/pull-request/comment-text.ts";
import { keepComment, readComment } from "../../src/pull-request/one-comment.ts";
import type { Db } from "../../src/store/index.ts";
import { bob, review } from "../approval/world.ts";
import { testClock } from "../helpers/clock.ts";
import { describeStores } from "../helpers/stores.ts";
import { decided, evaluated } from "./world.ts";

const place = { host: "https://github.example", fullName: "acme/access", defaultBranch: "main" };
const checks = "https://github.example/acme/access/pull/7/checks";
const wild = { request: { allow: [{ actions: ["s3:Get*"], resources: ["arn:aws:s3:::acme-logs"] }] } };

describe("before the merge", () => {
  test("it is worth it where two must approve or something has to be looked at twice, and not else", async () => {
    const one = decided().decision;
    const two = decided({ settings: "approvals: 2\n" }).decision;
    expect(worthAComment([await evaluated()], one)).toBe(false);
    expect(worthAComment([await evaluated()], two)).toBe(true);
    expect(worthAComment([await evaluated(wild)], one)).toBe(true);
  });

  test("two requests that one owner each must approve need no two people", async () => {
    const paths = ["requests/aws-prod/a.yml", "requests/aws-prod/b.yml"];
    const { decision } = decided({ paths });
    expect(decision.slots).toHaveLength(2);
    expect(worthAComment(await Promise.all(paths.map((path) => evaluated({}, path))), decision)).toBe(false);
  });

  test("it says what must be read, who is awaited, and where the whole is", async () => {
    const { decision } = decided({ settings: "approvals: 2\n", reviews: [review(bob)] });
    expect(waitingText([await evaluated(wild)], decision, checks)).toMatchInlineSnapshot(`
      "To be read before anybody approves:

      - Wildcards in actions: s3:Get\\*.

      1 of 2 approvals are missing: \`@carol\`.

      [What is asked for, in full](https://github.example/acme/access/pull/7/checks)"
    `);
  });
});

const text = `version: 1
role: operator
reason: Delete the log bucket, quickly
ticket: OPS-1
actions: ["s3:DeleteBucket"]
resources: ["arn:aws:s3:::acme-stale-logs"]
duration: 1h
start: 2026-11-24T09:00:00Z
workflow:
  repository: acme/infra
  file: .github/workflows/delete-bucket.yml
  ref: refs/heads/main
`;
const path = "requests/aws-prod/2026-11/delete-logs.yml";
const tellable = (more: Partial<TellableGrant> = {}): TellableGrant => ({
  path,
  target: "aws-prod",
  role: "operator",
  state: "active",
  notBefore: new Date("2026-11-23T09:00:00Z"),
  expiresAt: new Date("2026-11-23T10:00:00Z"),
  dispatch: { state: "bound", runId: "1970", reason: null },
  uses: [],
  refusal: null,
  workflowRepository: "acme/infra",
  text,
  ...more,
});
const refusal = {
  words:
    "The workflow file is not the one that was approved. Ask again, so that the workflow is approved as it is now.",
  correlationId: "0e9a6a5e-4a52-4a1c-8a53-0f2f6e9d1a11",
  at: new Date("2026-11-23T09:05:00Z"),
};

describe("after the merge", () => {
  test("until when, which run, used or not", () => {
    expect(grantedText([tellable({ uses: [{ runId: "1970", attempt: 2 }] })], place)).toMatchInlineSnapshot(`
      "**aws-prod/operator** for \`requests/aws-prod/2026-11/delete-logs.yml\`: granted from 2026-11-23T09:00:00Z until 2026-11-23T10:00:00Z.

      - Started as [run 1970](https://github.example/acme/infra/actions/runs/1970).
      - Used by [run 1970](https://github.example/acme/infra/actions/runs/1970), attempt 2."
    `);
    expect(grantedText([tellable({ dispatch: null })], place)).toContain("- Not used yet.");
  });

  test("what ended unused says so, with the way to ask again", () => {
    const said = grantedText([tellable({ state: "expired" })], place);
    expect(said).toContain("and has ended.");
    expect(said).toContain("- It was never used.");
    const link = /\[Ask again\]\((https:[^)]+)\)/.exec(said)?.[1] ?? "";
    const url = new URL(link);
    expect(url.pathname).toBe("/acme/access/new/main");
    expect(url.searchParams.get("filename")).toBe("requests/aws-prod/2026-11/delete-logs-2.yml");
    expect(url.searchParams.get("value")).toBe(text.replace("start: 2026-11-24T09:00:00Z\n", ""));
  });

  test("a refused exchange is explained with its correlation id", () => {
    const said = grantedText([tellable({ refusal })], place);
    expect(said).toContain(
      "A job was refused at 2026-11-23T09:05:00Z: The workflow file is not the one that was approved.",
    );
    expect(said).toContain("Correlation id `0e9a6a5e-4a52-4a1c-8a53-0f2f6e9d1a11`.");
    expect(said).toContain("[Ask again](");
  });

  test.each([
    ["used and ended", tellable({ state: "expired", uses: [{ runId: "1", attempt: 1 }] }), false],
    ["live", tellable(), false],
    ["ended unused", tellable({ state: "expired" }), true],
    ["revoked unused", tellable({ state: "revoked" }), true],
    ["not started", tellable({ dispatch: { state: "failed", runId: null, reason: "github_422" } }), true],
    ["refused", tellable({ refusal, uses: [{ runId: "1", attempt: 1 }] }), true],
  ])("a comment is made for it or not: %s", (_, grant, worth) => {
    expect(worthTelling(grant)).toBe(worth);
  });

  test("a request that is too long for a link has none", () => {
    const long = text.replace("acme-stale-logs", `acme-${"x".repeat(900)}", "arn:aws:s3:::acme-`.repeat(9));
    expect(grantedText([tellable({ state: "expired", text: long })], place)).not.toContain("Ask again");
  });

  test("C62 a hostile refusal, reason or repository leaves no mark on it", () => {
    const said = grantedText(
      [
        tellable({
          state: "expired",
          refusal: {
            ...refusal,
            words: "</details> @acme/owners [x](https://evil.example)\n# Approved",
            correlationId: "`](x)",
          },
          workflowRepository: "acme/infra)](https://evil.example",
          text: text.replace("quickly", ") [evil](https://evil.example) @acme/owners"),
          dispatch: { state: "failed", runId: null, reason: "`@acme/owners`" },
        }),
      ],
      place,
    );
    expect(said).not.toMatch(/^#/m);
    expect(said).not.toContain("](https://evil");
    expect(said).not.toContain("</details>");
    expect(said.replace(/`[^`]*`/g, "")).not.toMatch(/@acme\/owners/);
    expect(said.replace(/`[^`]*`/g, "").match(/\]\(/g)).toHaveLength(1);
  });

  test.each([
    ["requests/aws-prod/2026-11/a.yml", "requests/aws-prod/2026-11/a-2.yml"],
    ["requests/aws-prod/a-2.yml", "requests/aws-prod/a-3.yml"],
    ["requests/aws-prod/a-99.yml", "requests/aws-prod/a-100.yml"],
    [`requests/aws-prod/${"a".repeat(63)}.yml`, undefined],
    ["requests/aws-prod/2026-11/7.yml", "requests/aws-prod/2026-11/7-2.yml"],
  ])("the next name after %s is %s", (from, to) => {
    expect(nextPath(from)).toBe(to);
  });
});

/** GitHub's conversation of one pull request. */
class Conversation {
  readonly bot: Actor & { appId: number } = { id: userId(99), login: "countersign[bot]", kind: "bot", appId: 1 };
  readonly comments: { id: number; author: Actor | null; body: string; createdAt: Date; edited: boolean }[] = [];
  readonly calls: string[] = [];
  fails = 0;
  /** Whether a call that fails does what it was asked. */
  done = true;
  async issueComments() {
    this.calls.push("read");
    return this.comments;
  }
  async createComment(_: unknown, __: number, body: string): Promise<number> {
    this.calls.push("create");
    const id = this.comments.length + 1;
    if (this.fails === 0 || this.done)
      this.comments.push({ id, author: this.bot, body, createdAt: new Date(0), edited: false });
    if (this.fails-- > 0) throw new Error("the connection was lost");
    this.fails = 0;
    return id;
  }
  async updateComment(_: unknown, id: number, body: string): Promise<boolean> {
    this.calls.push("update");
    const comment = this.comments.find((one) => one.id === id);
    if (comment) comment.body = body;
    return comment !== undefined;
  }
}

const repo = { id: repositoryId(10), fullName: "acme/access" };

describeStores("our one comment", (open) => {
  async function start() {
    const { db } = await open();
    const github = new Conversation();
    const clock = testClock();
    const enqueued: [string, Date | undefined][] = [];
    const deps = {
      db,
      github: github as unknown as GitHub,
      clock,
      enqueue: async (key: string, at?: Date) => void enqueued.push([key, at]),
      config: { publicUrl: "https://countersign.example", webUrl: "https://github.example", frozen: [] },
    };
    return { db, github, clock, enqueued, deps };
  }

  test("is made once, updated in place where it differs, and not written else", async () => {
    const { github, clock, deps } = await start();
    await keepComment(deps, repo, 7, "one");
    await keepComment(deps, repo, 7, "one");
    clock.advance(60);
    await keepComment(deps, repo, 7, "two");
    expect(github.calls).toEqual(["create", "update"]);
    expect(github.comments.map((c) => c.body)).toEqual(["two\n\n<!-- countersign:request:10#7 -->"]);
  });

  test("C66 is written at most once a minute: what comes sooner is written later", async () => {
    const { github, clock, enqueued, deps } = await start();
    await keepComment(deps, repo, 7, "one");
    for (let i = 0; i < 20; i++) await keepComment(deps, repo, 7, `refused ${i}`);
    expect(github.calls).toEqual(["create"]);
    expect(enqueued.at(-1)).toEqual(["comment:10:7", new Date("2026-11-23T09:01:00Z")]);
    clock.advance(60);
    await keepComment(deps, repo, 7, "last");
    expect(github.calls).toEqual(["create", "update"]);
  });

  test.each([true, false])("is found again after a crash, and made only if it is not there: it is %s", async (done) => {
    const { github, clock, deps } = await start();
    github.fails = 1;
    github.done = done;
    await expect(keepComment(deps, repo, 7, "one")).rejects.toThrow("lost");
    // Anybody can copy our marker.
    github.comments.push({
      id: 50,
      author: { id: userId(5), login: "mallory", kind: "user" },
      body: "x\n\n<!-- countersign:request:10#7 -->",
      createdAt: new Date(0),
      edited: false,
    });
    clock.advance(120);
    await keepComment(deps, repo, 7, "two");
    expect(github.comments.filter((c) => c.author?.id === github.bot.id).map((c) => c.body.split("\n")[0])).toEqual([
      "two",
    ]);
    expect(github.comments.find((c) => c.id === 50)?.body).toMatch(/^x/);
  });

  test("who deletes it is not told again", async () => {
    const { github, clock, deps } = await start();
    await keepComment(deps, repo, 7, "one");
    github.comments.splice(0);
    for (const said of ["two", "three"]) {
      clock.advance(60);
      await keepComment(deps, repo, 7, said);
    }
    expect(github.calls).toEqual(["create", "update"]);
    expect(github.comments).toEqual([]);
  });

  test("the plain life of a grant has no comment, and one that ended unused has", async () => {
    const { db, github, clock, deps } = await start();
    await enrolled(db);
    await granted(db, "used", 7, { state: "expired", uses: 1 });
    await granted(db, "live", 8, { state: "active", uses: 0 });
    await granted(db, "unused", 9, { state: "expired", uses: 0 });
    for (const number of [7, 8, 9]) await reconcileComment(deps, 10, number);
    expect(github.calls).toEqual(["create"]);
    expect(github.comments[0]?.body).toContain("It was never used.");
    expect(await readComment(db, 10, 9)).toMatchObject({ state: "there" });
    clock.advance(3600);
    await reconcileComment(deps, 10, 9);
    expect(github.calls).toEqual(["create"]);
  });

  test("a comment that stood before the merge is kept up, whatever becomes of the grant", async () => {
    const { db, github, clock, deps } = await start();
    await enrolled(db);
    await keepComment(deps, repo, 7, "2 approvals are missing");
    await granted(db, "a", 7, { state: "active", uses: 0 });
    clock.advance(60);
    await reconcileComment(deps, 10, 7);
    expect(github.comments[0]?.body).toMatch(
      /^\*\*aws-prod\/operator\*\* for `requests\/aws-prod\/a.yml`: granted from /,
    );
  });

  test("the sweep finds what may have changed, by state", async () => {
    const { db, clock, deps } = await start();
    await enrolled(db);
    await granted(db, "live-with-comment", 1, { state: "active", uses: 0 });
    await keepComment(deps, repo, 1, "x");
    await granted(db, "live", 2, { state: "active", uses: 0 });
    await granted(db, "ended", 3, { state: "expired", uses: 0, ended: clock.now() });
    await granted(db, "long-ended", 4, {
      state: "expired",
      uses: 0,
      ended: new Date(clock.now().getTime() - 3_600_000),
    });
    const refused = await granted(db, "refused", 5, { state: "active", uses: 0 });
    await db
      .insertInto("grant_refusal")
      .values({ grant_id: refused, code: "frozen", words: "Access is frozen.", correlation_id: "c", at: clock.now() })
      .execute();
    const found = await commentsToKeep(deps);
    expect(found.map((one) => one.number).sort((a, b) => a - b)).toEqual([1, 3, 5]);
  });
});

const sha = (digit: string) => commitSha(digit.repeat(40));
const hash = digest(`sha256:${"0".repeat(64)}`);

async function enrolled(db: Db): Promise<void> {
  await db
    .insertInto("enrolment")
    .values({
      repository_id: 10,
      owner_id: ownerId(1),
      installation_id: 1,
      full_name: "acme/access",
      default_branch: "main",
      state: "active",
      state_reason: null,
      accepted_digest: hash,
      accepted_commit: sha("a"),
      quarantined_digest: null,
      head_sha: sha("a"),
      ledger_commit: null,
      ledger_sequence: 0,
      ledger_sha256: null,
      enrolled_at: new Date(0),
    })
    .execute();
}

async function granted(
  db: Db,
  name: string,
  number: number,
  { state, uses, ended }: { state: "active" | "expired"; uses: number; ended?: Date },
): Promise<string> {
  const { plan } = await evaluated();
  await db
    .insertInto("grant")
    .values({
      id: name,
      repository_id: 10,
      path: `requests/aws-prod/${name}.yml`,
      blob: "d".repeat(40),
      blob_sha256: hash,
      pull_request: number,
      pull_request_id: 77,
      merge_commit: sha("b"),
      decision_key: hash,
      policy_digest: hash,
      requester_id: 1,
      requester_login: "alice",
      target: "aws-prod",
      role: "operator",
      plan_version: 1,
      plan: plan.text,
      plan_hash: plan.hash,
      workflow_repository_id: 20,
      not_before: new Date("2026-11-23T09:00:00Z"),
      expires_at: new Date("2026-11-23T10:00:00Z"),
      runs: 1,
      state,
      state_reason: null,
      ended_at: state === "active" ? null : (ended ?? new Date("2026-11-23T10:00:00Z")),
      dispatch_id: null,
      created_at: new Date("2026-11-23T09:00:00Z"),
    })
    .execute();
  for (let i = 0; i < uses; i++)
    await db
      .insertInto("grant_use")
      .values({ grant_id: name, run_id: 100 + i, run_attempt: 1, first_at: new Date("2026-11-23T09:10:00Z") })
      .execute();
  return name;
}
