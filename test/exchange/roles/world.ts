import { randomUUID } from "node:crypto";
import { loadPolicy, type PolicyFiles } from "../../../src/access-repo/index.ts";
import { sha256 } from "../../../src/base/canonical-json.ts";
import { type CommitSha, objectId } from "../../../src/base/ids.ts";
import type { Broker, CheckInput } from "../../../src/cloud/index.ts";
import { createPolicies, createRoleChecks, type RoleCheckDeps, type RoleChecks } from "../../../src/exchange/index.ts";
import type { CheckContent, RepoRef } from "../../../src/github/index.ts";
import type { CheckedEntry } from "../../../src/ledger/types.ts";
import type { Db } from "../../../src/store/index.ts";
import { otherTarget, policyFiles, treeFile } from "../../access-repo/examples.ts";
import { access, enrol, FakeLedger, genesis, ledgerKeys, recorderOn, sha } from "../../recorder/world.ts";
import { now } from "../fixtures.ts";

export const id = access.id;
/** In the log of a check that kept its secrets to itself it is nowhere. */
export const canary = "eyJcanary.assertion.of.a.check";

/** One aws target with these roles: a name, or a name and what is after `role/` in its role_arn. */
export const awsTarget = (roles: Readonly<Record<string, string>>, more = "", region = "eu-west-1"): string =>
  `version: 1
cloud: aws
region: ${region}
roles:
${Object.entries(roles)
  .map(
    ([name, arn]) => `  ${name}:
    role_arn: arn:aws:iam::123456789012:role/${arn}
    allow: [{ actions: ["s3:*"], resources: ["*"] }]
    max_duration: 4h
${more}`,
  )
  .join("")}`;
export { otherTarget };

interface Posted {
  readonly commit: CommitSha;
  readonly externalId: string;
  readonly content: CheckContent;
  readonly existing: number | null;
}

/** GitHub, as far as roles are checked. */
class FakeGitHub extends FakeLedger {
  policies = new Map<CommitSha, PolicyFiles>();
  readonly posted: Posted[] = [];
  postAs: (() => Promise<void>) | undefined;
  async policyAt(_: RepoRef, commit: CommitSha): Promise<PolicyFiles> {
    const found = this.policies.get(commit);
    if (!found) throw new Error("no such commit");
    return found;
  }
  async putCheck(_: RepoRef, commit: CommitSha, externalId: string, content: CheckContent, existing: number | null) {
    await this.postAs?.();
    this.posted.push({ commit, externalId, content, existing });
    return { id: existing ?? 7000 + this.posted.length, at: now };
  }
}

/** A cloud that says yes, or as a test says. */
export class FakeCloud implements Broker {
  readonly kind = "aws";
  readonly asked: CheckInput[] = [];
  most = 0;
  #running = 0;
  checkAs: ((input: CheckInput, n: number) => Promise<void>) | undefined;
  mint(): never {
    throw new Error("nothing is minted for a check");
  }
  async check(input: CheckInput): Promise<void> {
    const n = this.asked.push(input);
    this.most = Math.max(this.most, ++this.#running);
    try {
      await input.sign({ subject: input.subject, audience: "x", lifetime: 60, extra: {} });
      await this.checkAs?.(input, n);
    } finally {
      this.#running--;
    }
  }
  names(): readonly string[] {
    return this.asked.map(({ subject }) => subject.split(":").slice(3).join("/")).toSorted();
  }
}

export interface World {
  readonly db: Db;
  readonly github: FakeGitHub;
  readonly cloud: FakeCloud;
  readonly checks: RoleChecks;
  readonly time: { now: Date };
  readonly config: { frozen: RoleCheckDeps["config"]["frozen"]; issuerUrl: string };
  readonly log: unknown[];
  /** Jobs that were asked for, with how many seconds later. */
  readonly jobs: { readonly key: string; readonly in: number }[];
  /** Accepts a policy of these targets at a commit of its own, as the reconcile of a head does. */
  accept(targets: Readonly<Record<string, string>>, frozen?: string): Promise<CommitSha>;
  /** Runs the job while one is due, as the queue does; @returns how often. */
  drain(most?: number): Promise<number>;
  entries(): Promise<readonly CheckedEntry[]>;
  /** Another process on the same database. */
  restart(over?: Partial<RoleCheckDeps>): RoleChecks;
}

export async function startWorld(db: Db): Promise<World> {
  const [github, cloud, keys] = [new FakeGitHub(), new FakeCloud(), ledgerKeys()];
  const time = { now };
  const clock = { now: () => time.now };
  await enrol(db);
  const recorder = recorderOn(db, github, keys, { clock });
  await recorder.openLedger(access, genesis(keys));
  const log: unknown[] = [];
  const jobs: World["jobs"] = [];
  const note = (line: unknown): void => void log.push(line);
  const config: World["config"] = { frozen: [], issuerUrl: "https://countersign.example" };
  const deps: RoleCheckDeps = {
    db,
    github,
    recorder,
    keys: { signAssertion: async () => canary },
    brokers: new Map([["aws", cloud]]),
    policies: createPolicies(github),
    clock,
    log: { info: note, warn: note, error: note },
    config,
    newId: randomUUID,
    enqueue: async (key, at = time.now) =>
      void jobs.push({ key, in: Math.round((at.getTime() - time.now.getTime()) / 1000) }),
  };
  const checks = createRoleChecks(deps);
  let commits = 100;
  return {
    db,
    github,
    cloud,
    checks,
    time,
    config,
    log,
    jobs,
    async accept(targets, frozen = "[]") {
      const commit = sha(++commits);
      const text = JSON.stringify(targets);
      const files = policyFiles({
        settings: treeFile(".github/countersign.yml", `version: 1\napprovals: 1\nfrozen: ${frozen}\n`),
        targetsTree: objectId(sha256(text).slice(7, 47)),
        targets: Object.entries(targets).map(([name, target]) => treeFile(`targets/${name}.yml`, target)),
      });
      const loaded = loadPolicy(files);
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
      github.policies.set(commit, files);
      await db
        .updateTable("enrolment")
        .set({ accepted_digest: loaded.policy.digest, accepted_commit: commit, head_sha: commit })
        .execute();
      return commit;
    },
    async drain(most = 20) {
      await checks.notice(id);
      let runs = 0;
      for (; jobs.splice(0).some((job) => job.in <= 0) && runs < most; runs++) await checks.run(id);
      return runs;
    },
    async entries() {
      await recorder.flush(access);
      return github.entries().filter((entry) => entry.type === "checked");
    },
    restart: (over = {}) => createRoleChecks({ ...deps, policies: createPolicies(github), ...over }),
  };
}
