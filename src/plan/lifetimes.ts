import { formatDuration, type Seconds } from "../base/duration.ts";
import type { AzurePlanData, GcpPlanData, PlanData, SessionLength, Window } from "./types.ts";

const minute = 60;
const hour = 3600;

/** AWS gives no session under 15 minutes. */
export const AWS_MIN_SESSION: Seconds = 15 * minute;
/**
 * A federated token of Google lives as long as the assertion that bought it, which is at most this. So long is also what
 * generateAccessToken gives without the organization policy that extends it to 12 h (its reference, `lifetime`).
 */
export const GCP_ORDINARY_MAX: Seconds = hour;
/** Entra draws 60 to 90 minutes for each access token (Microsoft Learn, access tokens, token lifetime). */
const azureToken = { least: hour, most: 90 * minute };
/**
 * Whoever makes the token request may declare the client capability `cp1`; tokens for Microsoft Graph then live up to 24 h
 * (Microsoft Learn, Continuous access evaluation for workload identities). With an assertion in hand the job makes it.
 */
const azureGraphMost: Seconds = 24 * hour;
/** As short as a job can do with: each further assertion is an exchange of its own, with every check (CLOUDS.md section 8). */
const azureAssertion: Seconds = 5 * minute;
/** Fixed by GitHub for every installation token (REST reference, Create an installation access token). */
const githubToken: Seconds = hour;
const oidcToken: Seconds = hour;

/** One line of the table: `lives` is the life of what is issued with `left` seconds of the window left. */
interface Line extends Omit<SessionLength, "max"> {
  readonly lives: (left: Seconds) => Seconds;
}

/**
 * Seconds for the next session, token or assertion: what the cloud is asked for, and where the cloud does not let itself be
 * asked (azure tokens, github) the longest that it may give. Whoever asks has made sure that the window is open.
 */
export function sessionSeconds(data: PlanData, window: Window, now: Date): Seconds {
  return lineOf(data).lives(Math.floor((window.expiresAt.getTime() - now.getTime()) / 1000));
}

/** The length of a session as data and in words, from the plan alone (CLOUDS.md sections 1 to 3 and 8). */
export function sessionLength(data: PlanData): SessionLength {
  const { lives, ...line } = lineOf(data);
  return { max: lives(data.duration), ...line };
}

function lineOf(data: PlanData): Line {
  const { duration, last_issue_before_end: quiet } = data;
  const most = (seconds: Seconds): string => formatDuration(Math.min(seconds, duration));
  switch (data.kind) {
    case "aws": {
      const outlives = Math.max(0, AWS_MIN_SESSION - quiet);
      const tail =
        outlives === 0
          ? "ends before the grant does"
          : `past the end of the grant, for up to ${formatDuration(outlives)}, it can only prove the role's identity`;
      const lives = (left: Seconds): Seconds => Math.max(AWS_MIN_SESSION, Math.min(data.max_session, left));
      const words = `A session lives at least 15m and at most ${formatDuration(lives(duration))}; ${tail}.`;
      return { lives, floor: AWS_MIN_SESSION, outlives, words };
    }
    case "gcp":
      return gcp(data, most);
    case "azure":
      return data.delivery === "token" ? azureTokens(quiet) : azureAssertions(data, most);
    case "github": {
      const outlives = Math.max(0, githubToken - quiet);
      const end = outlives === 0 ? "which is before the grant ends" : "and Countersign revokes it when the grant ends";
      const words = `GitHub lets every token live 1h, ${end}.`;
      return { lives: () => githubToken, floor: githubToken, outlives, words };
    }
    case "oidc": {
      const words = `A token lives at most ${most(oidcToken)} and ends with the grant; how long a session lives that it opens is for the relying party to decide.`;
      return { lives: (left) => within(left, oidcToken), floor: 0, outlives: 0, words };
    }
  }
}

/** At most what is left, and never less than nothing. */
const within = (left: Seconds, ...limits: readonly Seconds[]): Seconds => Math.max(0, Math.min(left, ...limits));

function gcp({ service_account, max_session }: GcpPlanData, most: (seconds: Seconds) => string): Line {
  if (service_account === null) {
    // The token ends when the assertion does, to the second (google-github-actions/auth#474): the one exact end of all clouds.
    const words = `A token lives at most ${most(Math.min(max_session, GCP_ORDINARY_MAX))} and ends exactly with the grant.`;
    return { lives: (left) => within(left, max_session, GCP_ORDINARY_MAX), floor: 0, outlives: 0, words };
  }
  const extended =
    max_session > GCP_ORDINARY_MAX
      ? " More than 1h needs the organization policy constraints/iam.allowServiceAccountCredentialLifetimeExtension."
      : "";
  const words = `A token lives at most ${most(max_session)} and ends with the grant.${extended}`;
  return { lives: (left) => within(left, max_session), floor: 0, outlives: 0, words };
}

function azureTokens(quiet: Seconds): Line {
  const outlives = Math.max(0, azureToken.most - quiet);
  const tail =
    outlives === 0
      ? "and the last is issued so early that it ends before the grant does"
      : `so up to ${formatDuration(outlives)} past the end of the grant`;
  const words = `A token lives 60 to 90 minutes from its issue, whatever is left, ${tail}.`;
  return { lives: () => azureToken.most, floor: azureToken.least, outlives, words };
}

/**
 * What outlives a grant whose assertions are handed out are the tokens for which they are traded: the last at T1, when the last
 * assertion expires. Seconds past the end of the grant.
 */
export function azureTail({ last_issue_before_end: quiet }: Pick<AzurePlanData, "last_issue_before_end">): {
  readonly ordinary: Seconds;
  readonly graph: Seconds;
} {
  const lastTrade = Math.min(quiet, azureAssertion) - quiet; // T1, as seconds after the end: at most 0
  const past = (life: Seconds): Seconds => Math.max(0, lastTrade + life);
  return { ordinary: past(azureToken.most), graph: past(azureGraphMost) };
}

/** Until when tokens may live for which an assertion is traded that ends then: at most resources, and at Microsoft Graph. */
export const azureTradedUntil = (assertionEnds: Date): { readonly ordinary: Date; readonly graph: Date } => ({
  ordinary: new Date(assertionEnds.getTime() + azureToken.most * 1000),
  graph: new Date(assertionEnds.getTime() + azureGraphMost * 1000),
});

function azureAssertions(data: AzurePlanData, most: (seconds: Seconds) => string): Line {
  const { ordinary, graph } = azureTail(data);
  const words =
    `An assertion lives at most ${most(azureAssertion)}; until it expires the job may trade it for tokens that live 60 to 90 minutes, ` +
    `or up to 24 hours at Microsoft Graph: past the end of the grant up to ${formatDuration(ordinary)}, at Microsoft Graph up to ${formatDuration(graph)}.`;
  return { lives: (left) => within(left, azureAssertion), floor: 0, outlives: graph, words };
}
