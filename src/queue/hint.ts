/**
 * Where a webhook points to. Everything in it is a hint: it chooses which live state is read again, and nothing else
 * (C03). The reviews, the names and the heads of pull requests that a payload carries are never looked at.
 */
export interface Hint {
  readonly event: string;
  readonly action: string | null;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  /** Numbers of pull requests of exactly this repository. */
  readonly pullRequests: readonly number[];
  /** The number of an issue of this repository that is no pull request. */
  readonly issue: number | null;
  /** `check_run`: its id. */
  readonly checkRun: number | null;
  /** `push`, `create`, `delete`: the ref as it stands in the payload. */
  readonly ref: string | null;
  /** `push`: the commit that the ref is at now. Where it has been judged already there is nothing to read. */
  readonly after: string | null;
  /** The account that did it: what we did ourselves we know already. */
  readonly senderId: number | null;
}

/** @throws SyntaxError where the payload is not JSON. Fields that are not there, or are of another type, are null. */
export function readHint(event: string, payload: string): Hint {
  const body = record(JSON.parse(payload));
  const repositoryId = id(record(body["repository"])["id"]);
  return {
    event,
    action: text(body["action"]),
    installationId: id(record(body["installation"])["id"]),
    repositoryId,
    pullRequests: repositoryId === null ? [] : pullRequests(body, repositoryId),
    issue: repositoryId === null ? null : plainIssue(body),
    checkRun: id(record(body["check_run"])["id"]),
    ref: text(body["ref"]),
    after: text(body["after"]),
    senderId: id(record(body["sender"])["id"]),
  };
}

function pullRequests(body: Fields, repositoryId: number): readonly number[] {
  const numbers = new Set<number>();
  const own = id(record(body["pull_request"])["number"]);
  if (own !== null) numbers.add(own);
  // Comments on pull requests arrive as comments on issues.
  const issue = record(body["issue"]);
  const commented = id(issue["number"]);
  if (commented !== null && issue["pull_request"] !== undefined) numbers.add(commented);
  // These list pull requests by head commit, those of other repositories and forks among them (C05, policy-bot #807).
  for (const name of ["check_run", "check_suite", "workflow_run"]) {
    const listed = record(body[name])["pull_requests"];
    for (const entry of Array.isArray(listed) ? listed : []) {
      const number = id(record(entry)["number"]);
      const base = id(record(record(record(entry)["base"])["repo"])["id"]);
      if (number !== null && base === repositoryId) numbers.add(number);
    }
  }
  return [...numbers];
}

function plainIssue(body: Fields): number | null {
  const issue = record(body["issue"]);
  return issue["pull_request"] === undefined ? id(issue["number"]) : null;
}

type Fields = Readonly<Record<string, unknown>>;
const record = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const text = (value: unknown): string | null => (typeof value === "string" && value.length <= 1000 ? value : null);
const id = (value: unknown): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;
