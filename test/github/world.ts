import pino from "pino";
import type { Clock } from "../../src/base/clock.ts";
import { repositoryId } from "../../src/base/ids.ts";
import { createGitHub, type GitHub, type RepoRef } from "../../src/github/index.ts";
import { ACCESS, type Sandbox } from "../sandbox-github/support.ts";

/** A client of ours that knows nothing yet, by the clock of the local GitHub or another. */
export const clientOf = async (s: Sandbox, clock: Clock = { now: () => s.clock.now }): Promise<GitHub> =>
  createGitHub({ app: await s.jwt(), apiUrl: s.gh.apiUrl, clock, log: pino({ enabled: false }) });

/** The local GitHub's access repo, as we name it. */
export async function accessRepoOf(s: Sandbox): Promise<RepoRef> {
  const { data } = await s.as("alice").rest.repos.get(ACCESS);
  return { id: repositoryId(data.id), fullName: data.full_name };
}
