import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { systemClock } from "../../../src/base/clock.ts";
import { type Broker, brokers } from "../../../src/cloud/index.ts";
import { createExchange, createKeySet, createLiveHead, createPolicies } from "../../../src/exchange/index.ts";
import { createHttp, listen } from "../../../src/http/index.ts";
import { openKeys, sealer } from "../../../src/issuer/index.ts";
import { createRecorder } from "../../../src/recorder/index.ts";
import { openStore } from "../../../src/store/index.ts";
import { access, genesis } from "../../recorder/world.ts";
import { given, serveUntilTold } from "./control.ts";
import { BenchGitHub } from "./github.ts";
import { publicUrl } from "./world.ts";

// The server as `rooms.ts` and `app.ts` put it together, as far as `POST /token` goes: its listener, limits and log, the exchange, the real
// broker of oidc targets, the recorder, the issuer and the store. GitHub is a double in this process.

const { databaseUrl = "", issuer = "" } = given();
const clock = systemClock;
const log = pino({ level: "info" }, pino.destination("/dev/null"));
const store = await openStore({ databaseUrl });
const { db } = store;
const seal = sealer(Buffer.alloc(32, 7));
const keys = await openKeys({ db, sealer: seal, clock, issuerUrl: publicUrl });
const github = new BenchGitHub();
const recorder = createRecorder({ db, github, keys, clock, pause: delay, log, newId: randomUUID });
await recorder.openLedger(access, genesis(keys));

let cloud = 0;
let released = 0;
const oidc = brokers({}).get("oidc");
if (!oidc) throw new Error("no broker for oidc targets");
const broker: Broker = {
  ...oidc,
  async mint(input) {
    if (cloud > 0) await delay(cloud);
    return oidc.mint(input);
  },
};
const exchange = createExchange({
  db,
  github,
  recorder,
  keys,
  sealer: seal,
  brokers: new Map([["oidc", broker]]),
  policies: createPolicies(github),
  liveHead: createLiveHead(github),
  clock,
  pause: delay,
  log,
  config: { publicUrl, oidcIssuer: issuer, webUrl: "https://github.example", frozen: [] },
  keySet: createKeySet(issuer, fetch),
  newId: randomUUID,
  enqueue: async () => undefined,
});
const app = createHttp({
  log,
  webhookSecret: { current: "x".repeat(40) },
  receive: async () => undefined,
  exchange: async (params, meta) => {
    const answer = await exchange.token(params, meta);
    if (answer.status === 200) released++;
    return answer;
  },
  discovery: () => ({}),
  jwks: () => ({}),
  schemas: {},
  errors: [],
  ready: async () => ({ ready: true }),
});
const server = await listen({ app, host: "127.0.0.1", port: 0 });
await serveUntilTold(`${server.url}/token`, {
  set: (latency) => {
    cloud = latency.cloud;
    github.latency = latency.github;
  },
  counts: () => ({ released, commits: github.commits, entries: github.entries }),
});
await server.close();
await store.close();
