import { generateKeyPairSync } from "node:crypto";
import { readConfig } from "../../../src/config.ts";
import { acceptLedger } from "../../../src/grant/index.ts";
import { truncate } from "../../helpers/stores.ts";
import { keepCopy, putBack } from "../model/backup.ts";
import type { Acts } from "./details.ts";

let key: string | undefined;
/** All that has to be set but the webhook secret. */
const settings = (): Readonly<Record<string, string>> => {
  key ??= generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs1", format: "pem" })
    .toString();
  return {
    APP_ID: "12345",
    PRIVATE_KEY: key,
    PUBLIC_URL: "https://countersign.example",
    ACCESS_REPOS: "acme/access#987654321",
    SEALING_KEY: Buffer.from("0123456789abcdef0123456789ABCDEF").toString("base64"),
  };
};

/** What an operator does to the server and its database. */
export const ofTheOperator: Acts = [
  [
    /^the server starts again$/,
    async (story) => {
      story.server.die("when it was stopped");
      await story.start();
    },
  ],
  [/^the operator takes a backup$/, (story) => keepCopy(story.db)],
  [
    /^the operator restores the backup$/,
    async (story) => {
      story.server.die("when its database was taken away");
      await putBack(story.db);
      story.forgetJobs();
      await story.start();
    },
  ],
  [
    /^the database is lost(?:, and (the keys) with it)?$/,
    async (story, keys) => {
      story.server.die("when its database was lost");
      await truncate({ db: story.db });
      story.forgetJobs();
      if (keys !== "") story.lost = story.keys.lose();
      await story.start();
    },
  ],
  [
    /^the operator imports the lost keys$/,
    async (story) => {
      if (!story.lost) throw new Error("no keys were lost");
      story.keys.add(story.lost);
    },
  ],
  [
    /^the operator accepts the ledger$/,
    async (story, _who, _what, { text = "looked at it" }) => {
      const said = await acceptLedger(story.server.deps, null, text).catch((error: unknown) => error);
      story.told.push(said instanceof Error ? said.message : `accepted, ${JSON.stringify(said)}`);
    },
  ],
  [
    /^the operator starts the server with$/,
    async (story, _who, _what, { env = {} }) => {
      story.server.die("when it was stopped");
      const read = readConfig({ ...settings(), ...env });
      story.told.push(...(read.ok ? ["it starts"] : read.problems.map((p) => `${p.variable} ${p.problem}`)));
      if (!read.ok) return;
      const { current, previous } = read.config.webhookSecret;
      story.webhookSecret = { current: current.reveal(), ...(previous && { previous: previous.reveal() }) };
      await story.start();
    },
  ],
  [
    /^the operator sets the webhook secret at GitHub to (\S+)$/,
    async (story, secret) => {
      story.secretAtGitHub = secret;
    },
  ],
];
