import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { Owner } from "../../src/access-repo/types.ts";
import type { Decision } from "../../src/approval/types.ts";
import type { CheckContent } from "../../src/github/types.ts";
import type { EvaluatedRequest } from "../../src/pull-request/evaluate-request.ts";
import { stateTitle } from "../../src/pull-request/state-title.ts";
import { bob, mallory, review } from "../approval/world.ts";
import { inputOf as inputOfKind } from "../plan/kinds.ts";
import type { Change } from "../plan/world.ts";
import { decided, evaluated, outsideFences, pageOf } from "./world.ts";

/** What is read without unfolding anything. */
const first = ({ summary }: CheckContent): string => summary.slice(0, summary.indexOf("<details>")).trim();
const whole = ({ summary, text = "" }: CheckContent): string => `${summary}\n${text}`;

function examplePage(request: EvaluatedRequest) {
  const words =
    "Different from the last grant of this role (requests/aws-prod/old.yml, pull request 12, to bob on 2026-11-20):";
  const compared = [
    { words, items: ["Adds action s3:DeleteBucket.", "Longer: 1h instead of 30m."] },
    { words: "Worth a look:", items: ["alice had this role never before."] },
  ];
  const world = { settings: "approvals: 2\n", reviews: [review(bob), review(mallory)] };
  return pageOf([request], world, new Map([[request.request.path.path, compared]]));
}

describe("the page", () => {
  test("begins with six sentences, then the past, then who must approve", async () => {
    const { ok, content } = examplePage(await evaluated());
    expect(ok).toBe(true);
    expect(content.title).toBe("Valid. Needs 1 more: @carol");
    expect(first(content)).toMatchInlineSnapshot(`
      "alice asks for role operator of target aws-prod: s3:DeleteBucket on arn:aws:s3:::acme-stale-logs.

      It acts in AWS account 123456789012, region eu-west-1, as arn:aws:iam::123456789012:role/countersign-operator.

      It lasts 1h from the merge, for one run attempt.

      The reason given: Delete the log bucket left behind by the storage migration \\(OPS-1423\\).

      It is run by workflow .github/workflows/delete-bucket.yml of acme/infra at refs/heads/main in environment production, started by Countersign at the merge with bucket="acme-stale-logs".

      Cannot be undone by Countersign: what s3:DeleteBucket deletes stays gone.

      ### What is different
      Different from the last grant of this role \\(requests/aws-prod/old.yml, pull request 12, to bob on 2026-11-20\\):
      - Adds action s3:DeleteBucket.
      - Longer: 1h instead of 30m.

      Worth a look:
      - alice had this role never before.

      ### Who must approve
      - Waiting for 1 more approval: from @carol.
      - requests/aws-prod/2026-11/delete-stale-logs.yml: 1 of 2 approved
        - met: Bob for @bob, @carol \\(CODEOWNERS line 2\\)
        - missing: @bob, @carol \\(CODEOWNERS line 2\\)
      - mallory approved, but is no owner of requests/aws-prod/2026-11/delete-stale-logs.yml: does not count."
    `);
  });

  test("is the one that the README shows", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const { content } = examplePage(await evaluated());
    expect(readme).toContain(`\`\`\`text\n${first(content).replaceAll("\\", "")}\n\`\`\``);
  });

  test("folds what is bound, what is issued, what is not limited, the rules and the line of CODEOWNERS", async () => {
    const { content } = pageOf([await evaluated()]);
    const titles = [...content.summary.matchAll(/<summary>(.*)<\/summary>/g)].map((match) => match[1]);
    expect(titles).toMatchInlineSnapshot(`
      [
        "All that an approval binds: requests/aws-prod/2026-11/delete-stale-logs.yml",
        "What would be issued: requests/aws-prod/2026-11/delete-stale-logs.yml",
        "What is not limited: requests/aws-prod/2026-11/delete-stale-logs.yml",
        "The rules",
        "The line of .github/CODEOWNERS",
      ]
    `);
    expect(content.summary).toContain("2: /requests/aws-prod/ @bob @carol");
    expect(content.summary).toContain('"aws:CurrentTime": "<end of the grant>"');
    expect(content.summary).toContain("  ok authors_known: Every author and co-author has a GitHub account.");
    expect(content.text).toBeUndefined();
  });

  test("is the same text for the same state", async () => {
    expect(pageOf([await evaluated()])).toEqual(pageOf([await evaluated()]));
  });

  test("that one of several only reads is not said of all", async () => {
    const paths = ["requests/aws-prod/2026-11/delete-stale-logs.yml", "requests/aws-prod/2026-11/list.yml"] as const;
    const reads: Change = {
      request: { allow: [{ actions: ["s3:ListBucket"], resources: ["arn:aws:s3:::acme-stale-logs"] }] },
    };
    const { content } = pageOf([await evaluated(), await evaluated(reads, paths[1])], { paths });
    const [ofAll = "", ...each] = first(content).split("## aws-prod/operator");
    expect(ofAll).toContain("Cannot be undone by Countersign: what s3:DeleteBucket deletes stays gone.\n");
    expect(ofAll).not.toContain("It only reads");
    expect(each.map((one) => one.includes("It only reads"))).toEqual([false, true]);
  });

  test("several requests are summarised first, and then each stands for itself", async () => {
    const other = "requests/aws-prod/2026-11/other.yml";
    const change: Change = { request: { reason: "Another reason for this one", duration: 1800 } };
    const paths = ["requests/aws-prod/2026-11/delete-stale-logs.yml", other];
    const { content } = pageOf([await evaluated(), await evaluated(change, other)], { paths });
    expect(first(content)).toMatchInlineSnapshot(`
      "alice asks for 2 grants at once: aws-prod/operator with s3:DeleteBucket on arn:aws:s3:::acme-stale-logs \\(2 times\\).

      It acts in AWS account 123456789012, region eu-west-1, as arn:aws:iam::123456789012:role/countersign-operator.

      They last differently: 1h from the merge, for one run attempt; 30m from the merge, for one run attempt.

      They have 2 different reasons, each below.

      It is run by workflow .github/workflows/delete-bucket.yml of acme/infra at refs/heads/main in environment production, started by Countersign at the merge with bucket="acme-stale-logs".

      Cannot be undone by Countersign: what s3:DeleteBucket deletes stays gone.

      ## aws-prod/operator 1h: s3:DeleteBucket on acme-stale-logs \\(OPS-1423\\)

      alice asks for role operator of target aws-prod: s3:DeleteBucket on arn:aws:s3:::acme-stale-logs.

      It acts in AWS account 123456789012, region eu-west-1, as arn:aws:iam::123456789012:role/countersign-operator.

      It lasts 1h from the merge, for one run attempt.

      The reason given: Delete the log bucket left behind by the storage migration \\(OPS-1423\\).

      It is run by workflow .github/workflows/delete-bucket.yml of acme/infra at refs/heads/main in environment production, started by Countersign at the merge with bucket="acme-stale-logs".

      Cannot be undone by Countersign: what s3:DeleteBucket deletes stays gone.

      ### What is different
      First grant of this role.

      ## aws-prod/operator 30m: s3:DeleteBucket on acme-stale-logs \\(OPS-1423\\)

      alice asks for role operator of target aws-prod: s3:DeleteBucket on arn:aws:s3:::acme-stale-logs.

      It acts in AWS account 123456789012, region eu-west-1, as arn:aws:iam::123456789012:role/countersign-operator.

      It lasts 30m from the merge, for one run attempt.

      The reason given: Another reason for this one \\(OPS-1423\\).

      It is run by workflow .github/workflows/delete-bucket.yml of acme/infra at refs/heads/main in environment production, started by Countersign at the merge with bucket="acme-stale-logs".

      Cannot be undone by Countersign: what s3:DeleteBucket deletes stays gone.

      ### What is different
      First grant of this role.

      ### Who must approve
      - Waiting for 2 more approvals: from @bob, @carol.
      - requests/aws-prod/2026-11/delete-stale-logs.yml: 0 of 1 approved
        - missing: @bob, @carol \\(CODEOWNERS line 2\\)
      - requests/aws-prod/2026-11/other.yml: 0 of 1 approved
        - missing: @bob, @carol \\(CODEOWNERS line 2\\)"
    `);
  });

  test.each(["gcp", "azure", "github", "oidc"] as const)(
    "says of %s what, where, when, why, by what, and what stays",
    async (kind) => {
      const { content } = pageOf([await evaluated(inputOfKind(kind))]);
      expect(first(content).split("\n### ")[0]).toMatchSnapshot();
    },
  );

  test("reading alone leaves nothing to undo; what AWS's list does not have may do anything", async () => {
    const asking = async (...actions: string[]) => {
      const allow = [{ actions, resources: ["arn:aws:s3:::acme-a"] }];
      return first(pageOf([await evaluated({ request: { allow } })]).content).split("\n")[10];
    };
    expect(await asking("s3:GetObject", "s3:ListBucket")).toBe(
      "It only reads: nothing has to be undone, but what it has read stays known.",
    );
    expect(await asking("s3:GetObject", "s3:PutObject")).toBe(
      "Cannot be undone by Countersign: what s3:PutObject changes stays changed.",
    );
    expect(await asking("s3:*")).toBe("Cannot be undone by Countersign: what s3:\\* changes or deletes stays so.");
    expect(await asking("s3:Frobnicate")).toBe(
      "Cannot be undone by Countersign: what s3:Frobnicate changes stays changed.",
    );
  });

  test("a flood of reviews that do not count does not fill it", async () => {
    const reviews = Array.from({ length: 90 }, (_, i) => review({ ...mallory, id: (mallory.id + 1000 + i) as never }));
    const { ok, content } = pageOf([await evaluated()], { reviews });
    expect(ok).toBe(true);
    expect(content.summary).toContain("- and 70 more reviews that do not count");
    expect(content.summary.match(/does not count\./g)).toHaveLength(20);
  });
});

describe("the title", () => {
  const pending = (awaited: readonly Owner[], missing = 1): Decision => {
    const { decision } = decided();
    const [slot] = decision.slots;
    if (!slot) throw new Error("no slot");
    return { ...decision, awaited, slots: Array.from({ length: missing }, () => slot) };
  };
  const team = (slug: string): Owner => ({ kind: "team", org: "acme", slug });
  const user = (login: string): Owner => ({ kind: "user", login });

  test.each([
    [[team("security")], "Valid. Needs 1 more: @acme/security"],
    [[user("bob"), user("carol")], "Valid. Needs 1 more: @bob, @carol"],
    [[team("security"), team("platform-owners"), user("bob")], "Valid. Needs 1 more: @acme/security +2"],
    [[], "Valid. Needs 1 more: nobody is left who may"],
    [[team("x".repeat(60))], "Valid. Needs 1 more: see the page"],
    [[team("x".repeat(60)), user("y".repeat(39))], "Valid. Needs 1 more: one of 2"],
  ])("names owners whole or counts them: %j", (awaited, title) => {
    expect(stateTitle(pending(awaited), false)).toBe(title);
  });

  test("whatever the owners are called, it is sixty characters with no name cut", () => {
    for (let length = 1; length < 80; length++) {
      const awaited = [team("a".repeat(length)), user("bob"), team("b".repeat(length))];
      for (const [draft, before] of [
        [false, ""],
        [true, "Policy. "],
      ] as const) {
        const text = stateTitle(pending(awaited, 12), draft, before);
        expect([...text].length).toBeLessThanOrEqual(60);
        expect(text).not.toContain("…");
        for (const name of text.match(/@[\w/-]+/g) ?? [])
          expect(
            awaited.map((o) => (o.kind === "team" ? `@acme/${o.slug}` : `@${o.kind === "user" ? o.login : ""}`)),
          ).toContain(name);
      }
    }
  });

  test("says the other states", () => {
    const { decision } = decided({ reviews: [review(bob)] });
    expect(stateTitle(decision, false)).toBe("Approved");
    expect(stateTitle(decision, true)).toBe("Approved. Draft: mark it ready to merge");
    expect(stateTitle(decided({ reviews: [review(bob, { state: "CHANGES_REQUESTED" })] }).decision, false)).toBe(
      "Changes requested",
    );
    expect(stateTitle(decided({ pullRequest: { baseRef: "other" } }).decision, false)).toBe("Denied");
  });
});

const hostile = [
  "</details><script>alert(1)</script>",
  "```\n# Approved by @acme/owners\n```",
  "@acme/owners **approved** [this](https://evil.example) ![x](https://evil.example/x.png)",
  "\u202Edetsurt\u202C \u200B\u2066 a\u0000b\u001b[31m",
  "<!-- hidden --> <details open><summary>x</summary> <img src=x onerror=alert(1)>",
  "| a | b |\n|---|---|\n| c | d |",
  "fixes #1 closes acme/access#2 GH-3 www.evil.example https://evil.example",
  "`````json\n}\n`````\n</details>\n\n### Who must approve\n- met: everybody",
  "$$x$$ ~~gone~~ &lt;b&gt; &#60;i&#62; \\",
  "x".repeat(10_000),
];

describe("C62 hostile text", () => {
  test.each(hostile.map((text) => [text.slice(0, 30), text]))("%j is inert wherever it stands", async (_, text) => {
    const short = text.slice(0, 200);
    const change: Change = {
      request: {
        reason: text,
        ticket: text,
        // A session policy takes no more.
        allow: [{ actions: ["s3:GetObject"], resources: [`arn:aws:s3:::acme-${short}`] }],
        dispatch: { inputs: { bucket: text, other: `\n\n${short}\n` } },
      },
      binding: { ref: `refs/heads/${short}`, environment: short, file: `.github/workflows/${short}.yml` },
    };
    const request = await evaluated(change);
    const path = request.request.path.path;
    const items = Array.from({ length: 5 }, () => `Adds resource ${text}.`);
    const { ok, content } = pageOf([request], {}, new Map([[path, [{ words: `Different from ${text}:`, items }]]]));
    expect(ok).toBe(true);
    for (const field of [content.summary, content.text ?? ""]) inert(field);
    expect([...content.title].length).toBeLessThanOrEqual(60);
    // The whole of what is hashed is there, literally.
    const shown = [...whole(content).matchAll(/```json\n([^]*?)\n```/g)].map(
      (match) => JSON.parse(match[1] ?? "null") as unknown,
    );
    expect(shown).toContainEqual(JSON.parse(request.plan.text));
  });

  test("a person's name or a team's is not called by the page's own sentences", async () => {
    const { content } = pageOf([await evaluated({ request: { reason: "ask @acme/owners for it, please" } })]);
    expect(content.summary).not.toMatch(/[^\w`]@acme\/owners/);
  });
});

/** Nothing of it is read as HTML of its own, as a fence, a heading, a table, a link, a mention or a hidden character. */
function inert(markdown: string): void {
  const { lines, open } = outsideFences(markdown);
  expect(open).toBe(false);
  expect(markdown).not.toMatch(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200d-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/,
  );
  const ours = /^(?:<details><summary>[^<>]*<\/summary>|<\/details>|#{2,3} .*|- .*|  - .*|)$/;
  const depth = lines.reduce((n, line) => n + Number(line.startsWith("<details>")) - Number(line === "</details>"), 0);
  expect(depth).toBe(0);
  for (const line of lines.filter((one) => !/^Plan `sha256:[0-9a-f]{64}`$/.test(one))) {
    const text = line.replace(/^<details><summary>|<\/summary>$|^<\/details>$/g, "");
    expect(text).not.toMatch(/(?<!\\)[<>`]/);
    expect(text.replace(/`[^`]*`/g, "")).not.toMatch(/(?<!\\)[*_[\]|~$]/);
    expect(text).not.toMatch(/@(?=acme\/owners)(?!\u200c)/);
    expect(text).not.toMatch(/https?:\/\/evil|www\.evil/);
    if (line.startsWith("#") && !line.startsWith("## aws-prod/operator 1h: "))
      expect(["### What is different", "### What to look at twice", "### Who must approve"]).toContain(line);
    expect(ours.test(line) || !/^[#<>|+=-]|^ {4}|^\d+[.)] /.test(line)).toBe(true);
  }
}

describe("what does not fit", () => {
  const inputs = (size: number) => ({ request: { dispatch: { inputs: { a: "y".repeat(size) } } } });
  const many = async (count: number, size: number) => {
    const paths = Array.from({ length: count }, (_, i) => `requests/aws-prod/2026-11/r-${i}.yml`);
    return pageOf(await Promise.all(paths.map((path) => evaluated(inputs(size), path))), { paths });
  };
  const bytes = (text = ""): number => Buffer.byteLength(text);

  test("goes into GitHub's second field, in order and whole", async () => {
    const { ok, content } = await many(6, 9000);
    expect(ok).toBe(true);
    expect(bytes(content.summary)).toBeLessThan(65_535);
    expect(bytes(content.text)).toBeLessThan(65_535);
    expect(content.text).toMatch(/^\s*<details>/);
    expect(whole(content).match(/All that an approval binds/g)).toHaveLength(6);
    expect(whole(content).match(/"a": "y{9000}"/g)).toHaveLength(6);
    for (const field of [content.summary, content.text ?? ""]) inert(field);
  });

  test("is left out whole at a fold, with a word, where an approval does not stand on it", async () => {
    const { ok, content } = await many(7, 9200);
    expect(ok).toBe(true);
    expect(whole(content).match(/<summary>All that an approval binds/g)).toHaveLength(7);
    expect(whole(content)).toMatch(
      /^Left out, since GitHub shows at most 64 KB here: What is not limited: .* more\.$/m,
    );
    expect(whole(content)).not.toContain("<summary>What is not limited");
    expect(bytes(content.summary)).toBeLessThan(65_535);
    expect(bytes(content.text)).toBeLessThan(65_535);
  });

  test("is denied where an approval stands on it: nobody approves what nobody is shown", async () => {
    const { ok, content } = await many(16, 9500);
    expect(ok).toBe(false);
    expect(content.conclusion).toBe("failure");
    expect(content.title).toBe("Too much to be shown whole");
    expect(content.summary).toContain("Ask in several pull requests");
  });

  test("counts bytes, since GitHub does not say what it counts", async () => {
    const wide = { request: { reason: "語".repeat(499) } };
    const paths = Array.from({ length: 20 }, (_, i) => `requests/aws-prod/2026-11/r-${i}.yml`);
    const { ok, content } = pageOf(await Promise.all(paths.map((path) => evaluated(wide, path))), { paths });
    expect(ok && bytes(content.summary) < 65_535 && bytes(content.text) < 65_535).toBe(true);
  });
});
