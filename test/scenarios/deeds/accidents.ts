import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { isDeepStrictEqual } from "node:util";
import { RetryLater } from "../../../src/base/errors.ts";
import type { Story } from "../story.ts";
import type { Sentences } from "./details.ts";
import { inputsOf } from "./runs.ts";

/** Where the server says that a state became durable: channel, member and value. See CONTRIBUTING.md, Crashes. */
const moments: Readonly<Record<string, readonly [channel: string, member: string, value: string]>> = {
  "the merge is judged": ["countersign:head", "state", "judged"],
  "a dispatch is noted": ["countersign:dispatch", "state", "sent"],
  "a run is bound": ["countersign:dispatch", "state", "bound"],
  "an exchange is minting": ["countersign:exchange", "state", "minting"],
  "an exchange is minted": ["countersign:exchange", "state", "minted"],
  "an exchange is recorded": ["countersign:exchange", "state", "recorded"],
  "an exchange is released": ["countersign:exchange", "state", "released"],
  "a batch is fixed": ["countersign:recorder", "step", "fixed"],
  "a batch is confirmed": ["countersign:recorder", "step", "confirmed"],
};
/** `a dispatch`, `a dispatch for one`, `a ledger commit`. */
const calls = /^a (?:(ledger commit)|dispatch(?: for (\w+))?)$/;

/** The next time that GitHub did what was asked for, and before its answer. What is to happen then anyway stays to happen. */
function onceDone(story: Story, what: string, then: () => void): void {
  const [call, commit, name] = calls.exec(what) ?? [];
  if (call === undefined) throw new Error(`no such call: ${what}`);
  const method = commit === undefined ? "dispatch" : "putLedgerFile";
  const wanted = name === undefined ? undefined : inputsOf(story, name);
  const others = story.github.after;
  let done = false;
  story.github.after = (called, inputs) => {
    if (done || called !== method || (wanted && !isDeepStrictEqual(wanted, inputs))) return others?.(called, inputs);
    done = true;
    then();
  };
}

/** What goes wrong with servers, answers and clocks. */
export const aroundTheServer: Sentences = [
  [
    /^the server will die as soon as (.+)$/,
    (story, moment) => {
      const [channel, member, value] = moments[moment] ?? [];
      if (channel === undefined || member === undefined) throw new Error(`no such moment: ${moment}`);
      const { server } = story;
      const once = (message: unknown): void => {
        if ((message as Readonly<Record<string, unknown>>)[member] !== value) return;
        unsubscribe(channel, once);
        server.die(`as soon as ${moment}`);
      };
      subscribe(channel, once);
      story.atEnd(() => void unsubscribe(channel, once));
    },
  ],
  [
    /^the server will die before it hears of (.+)$/,
    (story, what) => {
      const { server } = story;
      onceDone(story, what, () => {
        server.die(`before it heard of ${what}`);
        throw new Error("nobody is there to hear it");
      });
    },
  ],
  [
    /^GitHub's answer to (.+) will be lost$/,
    (story, what) =>
      onceDone(story, what, () => {
        throw new RetryLater("github_unreachable", "the answer was lost");
      }),
  ],
  [
    /^GitHub will not take a ledger commit$/,
    (story) => {
      const ledger = story.github.ledgers.get(story.home.id);
      if (ledger) ledger.failWrites = 1;
    },
  ],
  [
    /^our clock is (\d+)s (behind|ahead of) GitHub's$/,
    (story, seconds, how) => void (story.github.skew = Number(seconds) * (how === "behind" ? 1 : -1)),
  ],
  [/^GitHub's answers name no runs$/, (story) => void (story.github.namesRuns = false)],
  [/^our clock is right again$/, (story) => void (story.github.skew = 0)],
  [/^nobody knows what GitHub's clock says$/, (story) => void (story.github.skew = null)],
  [
    /^the next webhook cannot be routed$/,
    (story) => {
      story.onRoute = () => {
        story.onRoute = undefined;
        throw new Error("the database is away");
      };
    },
  ],
];
