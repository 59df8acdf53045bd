import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type AccessLevel, type ActionCatalogue, servicesOf } from "../../src/access-repo/index.ts";
import { wildFits } from "../../src/access-repo/glob.ts";
import { type CatalogueSource, openCatalogue } from "../../src/action-catalogue/index.ts";
import { actionWords } from "../../src/plan/index.ts";

let source: CatalogueSource;
beforeAll(async () => {
  source = await openCatalogue();
});

const wordsOf = async (...actions: readonly string[]) =>
  actionWords([{ actions }], await source.load(servicesOf([{ actions }])));

/** A catalogue of one service with one action, whose description is what somebody published. */
const described = (description: string, level: AccessLevel = "Write"): ActionCatalogue => ({
  services: new Set(["s3"]),
  actionsOf: (service) => new Map(service === "s3" ? [["x", { service: "s3", name: "X", level, description }]] : []),
});
const wordsFor = (description: string): string | undefined =>
  actionWords([{ actions: ["s3:X"] }], described(description))[0]?.words;

describe("one action", () => {
  test("its class and what it does, in AWS's words", async () => {
    expect(await wordsOf("s3:DeleteBucket", "iam:PassRole", "s3:PutBucketPolicy", "S3:LISTBUCKET")).toEqual([
      { action: "s3:DeleteBucket", levels: ["Write"], words: "Write: delete the bucket named in the URI" },
      { action: "iam:PassRole", levels: ["Write"], words: "Write: pass a role to a service" },
      {
        action: "s3:PutBucketPolicy",
        levels: ["Permissions management"],
        words: "Permissions management: add or replace a bucket policy on a bucket",
      },
      {
        action: "S3:LISTBUCKET",
        levels: ["List"],
        words: "List: list some or all of the objects in an Amazon S3 bucket (up to 1000)",
      },
    ]);
  });
  test.each([
    ["Grants permission to delete a bucket.", "Write: delete a bucket"],
    ["Grants permissions to delete a bucket", "Write: delete a bucket"],
    ["Controls permission to add a grant. You can use grants to add permissions.", "Write: add a grant"],
    ["Deletes the specified queue", "Write: deletes the specified queue"],
    ["Grants permission to IAM users to do it", "Write: IAM users to do it"],
    ["Grants permission to call OAuth 2.0. flows, e.g. these", "Write: call OAuth 2.0. flows, e.g. these"],
    ["Grants permission to list\nengagements", "Write: list engagements"],
    ["Grants permission to ", "Write: grants permission to"],
    [`Grants permission to ${"x".repeat(4000)}`, `Write: ${"x".repeat(159)}…`],
  ])("%j", (description, words) => expect(wordsFor(description)).toBe(words));
  test("C62 what was published is one visible line, whatever it holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 80 }), (text) => {
        const words = wordsFor(`Grants permission to ${text}`) ?? "";
        expect(words).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/);
        expect([...words].length).toBeLessThanOrEqual(170);
      }),
      { numRuns: 50 },
    );
  });
  test.each(["s3:Foo", "s4:DeleteBucket", "s3:Foo*", "nonsense", "", "s3:__proto__"])(
    "%j is not in the list, and is said so, never thrown",
    async (action) =>
      expect(await wordsOf(action)).toEqual([{ action, levels: [], words: "not in AWS's list of actions" }]),
  );
});

describe("a pattern", () => {
  test("how many of which classes, the riskiest first, with some names", async () => {
    const [get, put] = await wordsOf("s3:Get*", "s3:Put*");
    expect(get?.levels).toEqual(["Read"]);
    expect(get?.words).toMatch(/^\d\d actions: \d\d Read; for example GetAccelerateConfiguration, \w+, \w+$/);
    expect(put?.levels).toEqual(["Permissions management", "Write", "Tagging"]);
    expect(put?.words).toMatch(/^\d\d actions: \d+ Permissions management, \d+ Write, \d Tagging; for example Put/);
  });
  test("one action only, few actions, a whole service, everything", async () => {
    expect((await wordsOf("s3:Delete*Bucket"))[0]?.words).toBe(
      "only DeleteBucket: Write: delete the bucket named in the URI",
    );
    expect((await wordsOf("kms:ReEncrypt*"))[0]?.words).toBe("2 actions: 2 Write; ReEncryptFrom, ReEncryptTo");
    expect((await wordsOf("sts:*"))[0]?.words).toMatch(/^all \d+ actions of sts: \d+ Write, /);
    expect((await wordsOf("*"))[0]).toEqual({
      action: "*",
      levels: ["Permissions management", "Write", "Tagging", "Read", "List"],
      words: "every action of every service",
    });
  });
  test("counts are those of brute force, and what is named is taken", async () => {
    const catalogue = await source.load(["kms"]);
    const all = [...catalogue.actionsOf("kms").values()];
    const letters = fc.constantFrom(..."*?ecrlgtd".split(""));
    const pattern = fc.array(letters, { minLength: 1, maxLength: 6 }).map((a) => `*${a.join("")}*`);
    fc.assert(
      fc.property(pattern, (name) => {
        const taken = all.filter((action) => wildFits(name, action.name.toLowerCase()));
        const [said] = actionWords([{ actions: [`kms:${name}`] }], catalogue);
        expect(new Set(said?.levels)).toEqual(new Set(taken.map((action) => action.level)));
        if (taken.length < 2) return;
        expect(said?.words).toMatch(new RegExp(`^(all )?${taken.length} actions`));
        const counted = [...(said?.words ?? "").matchAll(/(\d+) (?:Per|Wri|Tag|Read|List)/g)].map(([, n]) => Number(n));
        expect(counted.reduce((a, b) => a + b, 0)).toBe(taken.length);
        const named = (said?.words.split("; ")[1] ?? "").replace("for example ", "").split(", ");
        expect(named).toHaveLength(Math.min(3, taken.length));
        expect(named.filter((one) => !taken.some((action) => action.name === one))).toEqual([]);
        expect(taken.find((action) => action.name === named[0])?.level).toBe(said?.levels[0]);
      }),
      { numRuns: 200 },
    );
  });
});

test("each pattern once, in the order of the statements, whatever its case", async () => {
  const statements = [{ actions: ["s3:GetObject", "s3:ListBucket"] }, { actions: ["S3:getobject", "sqs:SendMessage"] }];
  const words = actionWords(statements, await source.load(servicesOf(statements)));
  expect(words.map(({ action }) => action)).toEqual(["s3:GetObject", "s3:ListBucket", "sqs:SendMessage"]);
});

test("a service that was not loaded is a programming error, never an empty plan", async () => {
  const catalogue = await source.load(["s3"]);
  expect(() => actionWords([{ actions: ["ec2:*"] }], catalogue)).toThrow(RangeError);
});
