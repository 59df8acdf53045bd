import { randomUUID } from "node:crypto";
import { repositoryId } from "../../../src/base/ids.ts";
import type { Batch, Entry, RevokedEntry } from "../../../src/ledger/index.ts";
import { type FakeLedger, forge, ledgerKeys } from "../../recorder/world.ts";
import type { Story } from "../story.ts";
import type { Acts, Sentences } from "./details.ts";

interface Chain {
  readonly sequence: number;
  readonly sha256: Batch["sha256"] | null;
}
interface File {
  readonly path: string;
  readonly text: string;
}
/** Forged commits, one file each, from where the ledger stands and what they would have us believe. */
type Forgery = (story: Story, last: Chain, lie: readonly Entry[]) => Promise<readonly File[]>;

function ledgerOf(story: Story): FakeLedger {
  const ledger = story.github.ledgers.get(story.home.id);
  if (!ledger) throw new Error("there is no ledger");
  return ledger;
}
function lastOf(story: Story): Chain {
  const batch = ledgerOf(story).batches().at(-1);
  return { sequence: batch?.header.sequence ?? 0, sha256: batch?.sha256 ?? null };
}
/** That every grant was revoked: were it believed, no job would get anything once the ledger is accepted. */
const revocations = (story: Story): readonly Entry[] =>
  ledgerOf(story)
    .entries()
    .flatMap((entry) => {
      if (entry.type !== "granted") return [];
      const { at, grant, path } = entry;
      const about = { v: 1, id: randomUUID(), at, grant, path } as const;
      return [
        { ...about, type: "revoked", how: "command", commit: null, by: null, reason: "forged" } satisfies RevokedEntry,
      ];
    });

/** Those "of ours" have a good signature: another server of the operator, or an older one, may have made them. */
const forgeries: Readonly<Record<string, Forgery>> = {
  "a file that nobody signed": async () => [{ path: "README.md", text: "All grants are revoked.\n" }],
  "a batch under a key of one's own": async ({ home }, last, lie) => [await forge(ledgerKeys(), last, lie, home.id)],
  "a batch under a key of one's own by our key's name": async ({ home, keys }, last, lie) => {
    const own = ledgerKeys();
    return [await forge({ ...own, ledger: { ...own.ledger, kid: keys.ledger.kid } }, last, lie, home.id)];
  },
  "our last batch once more": async (story) => {
    const [file] = ledgerOf(story).commits.at(-1)?.added ?? [];
    return [{ path: file?.path ?? "", text: file?.text ?? "" }];
  },
  "a batch of ours that is not the next": async ({ home, keys }, last, lie) => [
    await forge(keys, { ...last, sequence: last.sequence + 1 }, lie, home.id),
  ],
  "two batches of ours in the wrong order": async ({ home, keys }, last, lie) => {
    const first = await forge(keys, last, lie, home.id);
    return [await forge(keys, { ...last, sequence: last.sequence + 1 }, lie, home.id), first];
  },
  "a batch of ours for another repository": async ({ keys }, last, lie) => [
    await forge(keys, last, lie, repositoryId(424_242)),
  ],
};

/** What people with write permission do to the ledger's branch. */
export const onTheLedger: Sentences = [
  [/^\w+ cuts the last commit off the ledger$/, (story) => void ledgerOf(story).commits.pop()],
];
export const actsOnTheLedger: Acts = [
  [
    /^\w+ puts (.+) on the ledger$/,
    async (story, what) => {
      const forged = await forgeries[what]?.(story, lastOf(story), revocations(story));
      if (!forged) throw new Error(`nobody can forge ${what}`);
      for (const file of forged) ledgerOf(story).push([file]);
    },
  ],
  [
    /^(\w+) puts a ledger of (?:his|her) own in its place$/,
    async (story) => {
      const ledger = ledgerOf(story);
      const own = ledgerKeys();
      const [genesis] = ledger.entries();
      if (genesis?.type !== "genesis") throw new Error("the ledger has no genesis");
      const key = { kid: own.ledger.kid, public_key: own.ledger.publicKey };
      const entries = [{ ...genesis, id: randomUUID(), key }];
      ledger.commits.splice(0);
      ledger.push([await forge(own, { sequence: 0, sha256: null }, entries, story.home.id)]);
    },
  ],
];
