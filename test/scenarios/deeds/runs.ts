import { load } from "js-yaml";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ModelRun } from "../model/runs.ts";
import type { Story } from "../story.ts";
import { pullOf, type Sentences } from "./details.ts";

const dispatched = z.object({ dispatch: z.object({ inputs: z.record(z.string(), z.string()) }) });

/** The inputs that a request is dispatched with. */
export function inputsOf(story: Story, name: string): Readonly<Record<string, string>> {
  const { repo, pull, paths } = pullOf(story, name);
  const text = repo.git.at(pull.head).tree.get(paths[0] ?? "")?.text ?? "";
  return dispatched.parse(load(text)).dispatch.inputs;
}
/** Runs that were started for a request, in order: no others have its inputs. */
const runsFor = (story: Story, name: string): readonly ModelRun[] =>
  story.github.runs.all.filter(
    (run) => run.actor?.id === story.github.bot.id && isDeepStrictEqual(run.inputs, inputsOf(story, name)),
  );

const places = ["first", "second", "third"];

/** `run A` by its name; `the run for one`: the one that lives; `the second run for one`: as they were started. */
export function runOf(story: Story, name: string): ModelRun {
  const [, place, of] = /^the (?:(first|second|third) )?run for (\w+)$/.exec(name) ?? [];
  const all = of === undefined ? [] : runsFor(story, of);
  const alive = all.filter((run) => !run.cancelled);
  const found = of === undefined ? story.runs.get(name) : place === undefined ? alive[0] : all[places.indexOf(place)];
  if (!found) throw new Error(`there is no ${name}`);
  if (place === undefined && alive.length > 1) throw new Error(`there are ${alive.length} runs for ${of}`);
  return found;
}

/** Runs of the workflow of acme/infra that requests name. */
export const ofRuns: Sentences = [
  [
    /^(\w+) starts (run \w+)$/,
    (story, who, name, { bucket, workflow = "acme/infra" }) => {
      const repo = story.github.named(workflow);
      if (!repo) throw new Error(`no repository ${workflow}`);
      const run = story.github.runs.start(story.github.person(who), {
        repository: repo.fullName,
        file: ".github/workflows/delete-bucket.yml",
        ref: "refs/heads/main",
        inputs: bucket === undefined ? {} : { bucket },
        headSha: repo.git.tip("main").sha,
        createdAt: story.clock.now(),
      });
      story.runs.set(name, run);
    },
  ],
  [/^(\w+) re-runs (.+)$/, (story, who, name) => void runOf(story, name).starters.push(story.github.person(who))],
];
