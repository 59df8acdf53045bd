import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { Story, StepFailed } from "./story.ts";
import { theMainJob } from "./main-job.ts";
import { startWorld } from "./world.ts";

const usage = `npm run demo [-- --json] [-- --keep]

Plays the main job from a pull request to cloud credentials and back, on this machine alone.
  --json   one JSON object per step: step, ok, ms, detail
  --keep   leave the folder with the clone of the access repo to look at
`;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const dir = await mkdtemp(path.join(tmpdir(), "countersign-demo-"));
const story = new Story(values.json, (text) => process.stdout.write(`${text}\n`));
const log = pino({ level: process.env.LOG_LEVEL ?? "silent" }, pino.destination(2));
let failed = false;
let world: Awaited<ReturnType<typeof startWorld>> | undefined;
try {
  world = await story.step(
    "start",
    "The production server, a local GitHub and a local AWS, all on loopback.",
    async () => {
      const started = await startWorld({ dir, log });
      return {
        value: started,
        detail: `server ${started.app.url}, GitHub ${started.github.url}, AWS ${started.aws.url}`,
      };
    },
  );
  await theMainJob(story, world);
} catch (error) {
  failed = true;
  if (!(error instanceof StepFailed)) throw error;
} finally {
  await world?.close();
  if (values.keep) story.note(`Kept: ${path.join(dir, "auditor")} (clone), ${dir} (everything)`);
  else await rm(dir, { recursive: true, force: true });
}
if (!failed) {
  story.note(
    [
      "Real here: the server of `npm start` with its embedded database; git (commits, pushes, clones); the built Action as a process;",
      "  the AWS SDK and its default provider chain; every signature (GitHub's token, ours, the ledger's) and its check.",
      "Simulated: GitHub and AWS, by servers on loopback that are checked against what GitHub and AWS publish;",
      "  the hour that passed before the last refusal, by one clock that all of them look at.",
    ].join("\n"),
  );
}
process.exitCode = failed ? 1 : 0;
