import { test } from "vitest";
import { describeStores } from "../helpers/stores.ts";
import { startIssuer } from "./issuer.ts";
import { ask, codeOf, form, startWorld } from "./world.ts";
describeStores("measure", (open) => {
  for (const latency of [0, 5, 30, 400]) test(`l ${latency}`, async () => {
    const issuer = await startIssuer();
    const world = await startWorld((await open()).db, issuer);
    const tokens = await Promise.all(Array.from({ length: 1000 }, () => issuer.token()));
    await ask(world);
    world.github.latency = latency;
    const before = world.github.puts; const t = performance.now();
    const answers = await Promise.all(tokens.map((token) => world.exchange.token(form(token), { correlationId: "c", remote: "r" })));
    console.log(latency, "ms", Math.round(performance.now() - t), "commits", world.github.puts - before, "tips", world.github.tips, [...new Set(answers.map(codeOf))]);
    await issuer.close();
  }, 60000);
});
