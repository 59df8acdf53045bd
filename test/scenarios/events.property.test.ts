import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Db } from "../../src/store/index.ts";
import { truncate, useStore } from "../helpers/stores.ts";
import { perform } from "./deeds/index.ts";
import { type Shown, whyNot } from "./rules.ts";
import { Story } from "./story.ts";

// Any history of reviews, pushes, dismissals, memberships, policies and merges, seen or unseen, doubled, between any two calls of
// the server, never ends in a grant that the rules would not give on the state at the instant of the merge and of the grant.

const people = ["alice", "bob", "carol", "mallory"] as const;
const pulls = ["one", "two"] as const;
const who = fc.constantFrom(...people);
const which = fc.constantFrom(...pulls);
type Sentence = readonly [string, Record<string, unknown>?];
const say = (make: (person: string, pull: string) => Sentence) => fc.tuple(who, which).map(([a, b]) => make(a, b));

const deed: fc.Arbitrary<Sentence> = fc.oneof(
  { weight: 6, arbitrary: say((p, n) => [`${p} approves ${n}`]) },
  { weight: 2, arbitrary: say((p, n) => [`${p} requests changes on ${n}`]) },
  { weight: 2, arbitrary: say((p, n) => [`${p}'s review of ${n} is dismissed`]) },
  { weight: 2, arbitrary: say((p, n) => [`${p} pushes to ${n}`, { bucket: `acme-${p}` }]) },
  { weight: 1, arbitrary: say((p, n) => [`${p} pushes to ${n}`, { bucket: "acme-x", author: "alice" }]) },
  { weight: 1, arbitrary: say((p, n) => [`${p} force-pushes ${n} back`]) },
  { weight: 1, arbitrary: who.map((p): Sentence => [`${p} leaves acme/cloud-owners`]) },
  { weight: 1, arbitrary: who.map((p): Sentence => [`${p} joins acme/cloud-owners`]) },
  { weight: 1, arbitrary: who.map((p): Sentence => [`${p} loses write`]) },
  { weight: 1, arbitrary: who.map((p): Sentence => [`${p} gains write`]) },
  { weight: 1, arbitrary: which.map((n): Sentence => [`root retargets ${n}`, { base: "release" }]) },
  { weight: 1, arbitrary: which.map((n): Sentence => [`root retargets ${n}`, { base: "main" }]) },
  { weight: 2, arbitrary: which.map((n): Sentence => [`root merges ${n} by hand`]) },
  { weight: 1, arbitrary: which.map((n): Sentence => [`root says that ${n} does not merge`]) },
  { weight: 1, arbitrary: which.map((n): Sentence => [`root lets ${n} merge again`]) },
  { weight: 1, arbitrary: which.map((n): Sentence => [`alice closes ${n}`]) },
  { weight: 1, arbitrary: which.map((n): Sentence => [`alice reopens ${n}`]) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(["@acme/cloud-owners", "@mallory"], ["@mallory", "@acme/cloud-owners"])
      .map(
        ([from, to]): Sentence => [
          "root pushes straight to main",
          { replace: { file: ".github/CODEOWNERS", from, to } },
        ],
      ),
  },
  { weight: 1, arbitrary: fc.constant<Sentence>(["root changes the workflow of acme/infra"]) },
);

/**
 * Calls that something may happen just before: where the server acts, and where the reading for a decision begins. Not later: what
 * changes after GitHub was asked, and before the answer is acted on, no decision can know, before the merge or after it.
 */
const between: readonly string[] = ["merge", "snapshot", "tip"];

/** How a deed comes to the server. */
const moment = fc.oneof(
  { weight: 5, arbitrary: fc.constant("seen") },
  { weight: 2, arbitrary: fc.constant("unseen") },
  { weight: 1, arbitrary: fc.constant("twice") },
  ...between.map((method) => ({ weight: 1, arbitrary: fc.constant(method) })),
);
const histories = fc.array(fc.record({ deed, moment }), { minLength: 4, maxLength: 16 });
/** The same, and what matters to auto_approve. */
const automaticHistories = fc.array(
  fc.record({
    deed: fc.oneof(
      { weight: 3, arbitrary: deed },
      { weight: 3, arbitrary: which.map((n): Sentence => [`alice marks ${n} as ready`]) },
      { weight: 1, arbitrary: fc.constant<Sentence>(["alice leaves acme/sre"]) },
      { weight: 1, arbitrary: fc.constant<Sentence>(["alice joins acme/sre"]) },
      {
        weight: 1,
        arbitrary: say((p, n) => [`${p} pushes to ${n}`, { bucket: "acme-y", author: "alice", committer: "alice" }]),
      },
      { weight: 1, arbitrary: say((p, n) => [`alice pushes to ${n}`, { bucket: "acme-z", coauthors: [p] }]) },
    ),
    moment,
  }),
  { minLength: 4, maxLength: 16 },
);

/** Deeds that cannot be done as things stand are not done: nobody can close what is merged. */
function attempt(story: Story, [sentence, details]: Sentence): void {
  const name = pulls.find((one) => new RegExp(`\\b${one}\\b`).test(sentence));
  const pull = name && story.pulls.get(name)?.pull;
  if (pull && pull.state !== "open" && !/reopens|review|approves|requests|lets/.test(sentence)) return;
  if (pull && /reopens/.test(sentence) && pull.state !== "closed") return;
  // GitHub takes no opinion of the author about one's own.
  if (pull && /approves|requests/.test(sentence) && sentence.startsWith(`${pull.author?.login} `)) return;
  story.clock.advance(60);
  try {
    perform(story, sentence, details);
  } catch (error) {
    if (!/does not merge/.test(String(error))) throw error;
  }
  story.clock.advance(2);
}

interface Company {
  readonly approvals: number;
  /** Of auto_approve for alice's team; 0: the role has none. */
  readonly perDay: number;
}
interface Granted {
  owners: number;
  auto_approve: number;
}
const automatic = (perDay: number): string =>
  `    auto_approve: { requesters: ["@acme/sre"], max_duration: 1h, actions: ["s3:DeleteBucket"], per_day: ${perDay} }\n`;

async function live(
  db: Db,
  history: readonly { deed: Sentence; moment: string }[],
  { approvals, perDay }: Company,
): Promise<Granted> {
  const story = await Story.begin(db, {
    settings: `approvals: ${approvals}\n`,
    ...(perDay > 0 && { role: automatic(perDay), teams: { sre: ["alice"] } }),
  });
  const shown: Shown[] = [];
  const atMerge = new Map<string, string | undefined>();
  const { github, home } = story;
  const policy = () => github.named("acme/access")?.git.tip("main").tree.get(".github/CODEOWNERS")?.text;
  const accepted = policy();
  // The hash of a plan is known when it is granted; so the answers are kept by hash, as closures over the moment.
  const judgeNow = (name: string, planHash: string, rule: string): string | undefined => {
    const pull = story.pulls.get(name)?.pull;
    if (!pull) return "no such pull request";
    return whyNot(github, home, pull, { planHash, shown, approvals, rule, automatic: granted.auto_approve, perDay });
  };
  const hashesOf = () => [...new Set(shown.flatMap(({ page }) => page.match(/sha256:[0-9a-f]{64}/g) ?? []))];
  const put = github.putCheck.bind(github);
  github.putCheck = async (...args) => {
    const [, head, , content] = args;
    const answer = await put(...args);
    shown.push({ head, page: content.summary, at: answer.at });
    return answer;
  };
  const finish = github.finish.bind(github);
  github.finish = (repo, pull, commit, by) => {
    const name = pull.branch;
    for (const hash of commit === null ? [] : hashesOf())
      for (const rule of ["owners", "auto_approve"])
        atMerge.set(
          `${name} ${hash} ${rule}`,
          policy() === accepted ? judgeNow(name, hash, rule) : "the policy is not accepted",
        );
    finish(repo, pull, commit, by);
  };
  const granted: Granted = { owners: 0, auto_approve: 0 };
  story.onEntries = (entries) => {
    for (const entry of entries) {
      if (entry.type !== "granted") continue;
      const { rule } = entry;
      if (rule === "break_glass") throw new Error("nobody asked for break-glass");
      const name = [...story.pulls].find(([, { pull }]) => pull.number === entry.pull_request)?.[0] ?? "?";
      expect(atMerge.get(`${name} ${entry.plan_hash} ${rule}`) ?? "fine", `at the merge of ${name}`).toBe("fine");
      expect(atMerge.has(`${name} ${entry.plan_hash} ${rule}`), `${name} was merged with a plan that was shown`).toBe(
        true,
      );
      expect(judgeNow(name, entry.plan_hash, rule) ?? "fine", `at the grant of ${name}`).toBe("fine");
      granted[rule]++;
    }
  };

  // What nobody has to approve is not over before it began.
  for (const name of pulls) perform(story, `alice asks for ${name}`, { draft: perDay > 0 });
  await story.settle();
  for (const { deed: what, moment: when } of history) {
    if (between.includes(when)) {
      github.before = (called) => {
        if (called !== when) return;
        github.before = undefined;
        attempt(story, what);
      };
      continue;
    }
    attempt(story, what);
    if (when === "unseen") github.hints.clear();
    else await story.settle();
    if (when === "twice") await story.sweep();
  }
  github.before = undefined;
  await story.sweep();
  return granted;
}

const open = useStore();
const slow = process.env["SLOW"] !== undefined;

test("no history of events ends in a grant that the rules would not give", {
  timeout: slow ? 1_800_000 : 120_000,
}, async () => {
  let granted = 0;
  const { db } = await open();
  await fc.assert(
    fc.asyncProperty(histories, fc.constantFrom(1, 1, 2), async (history, approvals) => {
      await truncate({ db });
      granted += (await live(db, history, { approvals, perDay: 0 })).owners;
    }),
    { numRuns: slow ? 600 : 40 },
  );
  // Where nothing is granted, nothing is granted wrongly. Of forty histories three were once all that were granted.
  expect(granted).toBeGreaterThan(slow ? 60 : 0);
});

test("no history of events ends in an automatic approval that the rules would not give", {
  timeout: slow ? 1_800_000 : 120_000,
}, async () => {
  const all: Granted = { owners: 0, auto_approve: 0 };
  const { db } = await open();
  await fc.assert(
    fc.asyncProperty(automaticHistories, fc.constantFrom(1, 2), async (history, perDay) => {
      await truncate({ db });
      const granted = await live(db, history, { approvals: 1, perDay });
      all.owners += granted.owners;
      all.auto_approve += granted.auto_approve;
    }),
    { numRuns: slow ? 1000 : 25 },
  );
  expect(all.auto_approve).toBeGreaterThan(slow ? 100 : 0);
});
