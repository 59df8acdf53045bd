import { setTimeout as delay } from "node:timers/promises";
import { type CommitSha, commitSha, objectId, userId } from "../../../src/base/ids.ts";
import type { ExchangeDeps } from "../../../src/exchange/index.ts";
import type { GitHub, RepoRef } from "../../../src/github/types.ts";
import type { RecorderDeps } from "../../../src/recorder/index.ts";
import { head, policy, requestByPath, workflowBlob } from "./world.ts";

type Used = ExchangeDeps["github"] & RecorderDeps["github"] & Pick<GitHub, "tip" | "policyAt">;

/**
 * GitHub as the exchange and the recorder see it, in this process and answering after `latency`. It keeps nothing but the
 * ledger's tip and counts: what grows under load is then the server's.
 */
export class BenchGitHub implements Used {
  readonly bot = { id: userId(99), login: "countersign[bot]", appId: 1 };
  latency = 0;
  commits = 0;
  entries = 0;
  #ledger: CommitSha | null = null;

  async tip(): Promise<CommitSha> {
    await this.#wait();
    return head;
  }
  files: Used["files"] = async (_repo, _commit, paths) => paths.map(requestByPath);
  policyAt: Used["policyAt"] = async () => policy;
  blobAt: Used["blobAt"] = async () => workflowBlob;
  run: Used["run"] = async () => null;
  identify = async (): Promise<void> => undefined;
  skewSeconds = (): number => 0;
  ledgerWait: Used["ledgerWait"] = async () => 0;
  ledgerTip: Used["ledgerTip"] = async () => this.#ledger;
  ledgerCommits: Used["ledgerCommits"] = async () => null;
  async createLedgerBranch(repo: RepoRef, path: string, content: string): Promise<CommitSha> {
    await this.putLedgerFile(repo, path, content);
    return this.#ledger ?? (objectId("") as never);
  }
  putLedgerFile = async (_repo: RepoRef, _path: string, content: string) => {
    await this.#wait();
    const parent = this.#ledger;
    this.entries += content.split("\n").length - 2;
    this.#ledger = commitSha((++this.commits).toString(16).padStart(40, "0"));
    return { kind: "created", commit: this.#ledger, parent } as const;
  };
  async #wait(): Promise<void> {
    if (this.latency > 0) await delay(this.latency);
  }
}
