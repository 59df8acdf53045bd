import { type FreezePerson, isOfPerson } from "../access-repo/index.ts";
import type { FreezeEntry } from "../access-repo/types.ts";
import { gate, type Gate } from "./nodes.ts";
import { sameLogin } from "./owners.ts";
import type { DecisionInput, Snapshot } from "./types.ts";

/**
 * `frozen:` of the accepted settings. `all` and `target` stop requests and not policy pull requests: a policy pull request is
 * the way to end a freeze. `requester` stops both, since a stolen account must not be the one to ask for the change. Nothing stops a
 * revocation: what is frozen may be ended.
 */
export function freezeGate(input: Pick<DecisionInput, "snapshot" | "policy" | "subject">): Gate {
  const { kind } = input.subject;
  const stopped =
    kind === "revocation"
      ? undefined
      : input.policy.settings.frozen.map((entry) => stops(entry, input)).find((text) => text !== undefined);
  return gate("not_frozen", stopped === undefined, "Nothing here is frozen.", stopped ?? "");
}

function stops(
  entry: FreezeEntry,
  { snapshot, subject }: Pick<DecisionInput, "snapshot" | "subject">,
): string | undefined {
  const { author } = snapshot.pullRequest;
  const requests = subject.kind === "request" ? subject.requests : [];
  let text: string | undefined;
  switch (entry.kind) {
    case "all":
      if (subject.kind === "request") text = "All access is frozen by the settings.";
      break;
    case "target":
      if (requests.some((one) => one.request.path.target === entry.target)) {
        text = `Target ${entry.target} is frozen by the settings.`;
      }
      break;
    case "requester":
      if (author !== null && isOfPerson(entry, author)) {
        const named = sameLogin(author.login, entry.login) ? "" : `, where the account has the name ${entry.login}`;
        text = `${author.login} is frozen as requester by the settings${named}.`;
      }
      break;
    case "approver": // reviews.ts: that person's review does not count
      break;
  }
  return text;
}

/** Whether this person's reviews do not count. */
export const isFrozenApprover = (frozen: readonly FreezeEntry[], person: FreezePerson): boolean =>
  frozen.some((entry) => entry.kind === "approver" && isOfPerson(entry, person));

/** Logins, in lower case, whose reviews do not count: those that are written, and those by which the same accounts are seen now. */
export const frozenApprovers = (
  frozen: readonly FreezeEntry[],
  { reviews, teams }: Pick<Snapshot, "reviews" | "teams">,
): ReadonlySet<string> => {
  const members = [...(teams?.values() ?? [])].flatMap((team) => [...team].map(([id, login]) => ({ id, login })));
  const seen = [...reviews.flatMap(({ author }) => author ?? []), ...members];
  const written = frozen.flatMap((entry) => (entry.kind === "approver" ? [entry.login] : []));
  const renamed = seen.filter((person) => isFrozenApprover(frozen, person)).map(({ login }) => login);
  return new Set([...written, ...renamed].map((login) => login.toLowerCase()));
};
