import { forged, type Issuer } from "../../exchange/issuer.ts";
import { payload } from "../../exchange/fixtures.ts";
import type { Server } from "./control.ts";
import { quantile, send } from "./load.ts";
import { formOf } from "./servers.ts";
import { jobClaims, repositories } from "./world.ts";

const each = 200;
const connections = 16;

/** The first three get one and the same answer; the last is told what does not fit, since it is a job of exactly that grant. */
const sorts: Readonly<Record<string, (n: number, issuer: Issuer) => Promise<string>>> = {
  "a repository without grants": (n, issuer) =>
    issuer.token({ ...jobClaims(n, 0), repository_id: String(900_000 + n) }),
  "a repository with a grant, another workflow": (n, issuer) =>
    issuer.token({
      ...jobClaims(n, 0),
      workflow_ref: `acme/infra-${n}/.github/workflows/other.yml@refs/heads/main`,
    }),
  "a repository with a grant, a forged signature": (n, issuer) =>
    forged.otherKey({ ...payload(), iss: issuer.url, ...jobClaims(n, 0) }),
  "the granted job, but its environment": (n, issuer) => issuer.token({ ...jobClaims(n, 0), environment: "staging" }),
};

const unknownSort = (): never => {
  throw new Error("no such sort");
};

/**
 * C44: how long refusals take, all sorts mixed. What counts is how often somebody who measures one answer, and knows both
 * distributions, would guess rightly which of two sorts it was: 50 % is knowing nothing.
 */
export async function refusals(server: Server, issuer: Issuer): Promise<string> {
  const names = Object.keys(sorts);
  const mixed = Array.from({ length: each * names.length }, (_, i) => ({
    n: i % repositories,
    name: names[i % names.length] ?? "",
  }));
  mixed.sort(() => Math.random() - 0.5);
  const tokens = await Promise.all(mixed.map(({ n, name }) => (sorts[name] ?? unknownSort)(n, issuer)));
  server.set({ cloud: 0, github: 0 });
  const { times } = await send(server.url, tokens.map(formOf), connections, (answer) => {
    if (!answer.startsWith("HTTP/1.1 403 ")) throw new Error(answer);
  });
  const of = (name: string): readonly number[] => times.filter((_, i) => mixed[i]?.name === name);
  const first = of(names[0] ?? "");
  const lines = names.map((name, i) => {
    const own = of(name);
    const [min, p50, p99, max] = [0, 0.5, 0.99, 1].map((q) => quantile(own, q).toFixed(1));
    const guess = i === 0 ? "" : `${(100 * bestGuess(first, own)).toFixed(0)} %`;
    return `| ${name} | ${min} | ${p50} | ${p99} | ${max} | ${guess} |`;
  });
  return `| refused | min, ms | p50 | p99 | max | guessed rightly against "${names[0]}" |\n| --- | --- | --- | --- | --- | --- |\n${lines.join("\n")}`;
}

/** By the best threshold: half, and half the largest distance of the two distributions. */
function bestGuess(a: readonly number[], b: readonly number[]): number {
  const below = (values: readonly number[], limit: number): number =>
    values.filter((value) => value <= limit).length / values.length;
  const distances = [...a, ...b].map((limit) => Math.abs(below(a, limit) - below(b, limit)));
  return 0.5 + Math.max(...distances) / 2;
}
