import type { Owner } from "../access-repo/types.ts";
import { maximumMatching } from "./matching.ts";
import { ownerText, teamKey } from "./owners.ts";
import type { Roster, Slot } from "./types.ts";

/** Owners of open slots, each once. Left out: addresses, users who may not approve, users who fill another slot of that path. */
export function awaitedOwners(slots: readonly Slot[], barredLogins: ReadonlySet<string>): readonly Owner[] {
  const found = new Map<string, Owner>();
  for (const slot of slots.filter((one) => one.filledBy === null)) {
    const done = new Set(slots.filter((one) => one.path === slot.path).map((one) => one.filledBy?.login.toLowerCase()));
    for (const owner of slot.from) {
      if (owner.kind === "email") continue;
      const login = owner.kind === "user" ? owner.login.toLowerCase() : undefined;
      if (login !== undefined && (barredLogins.has(login) || done.has(login))) continue;
      found.set(ownerText(owner).toLowerCase(), owner);
    }
  }
  return [...found.values()];
}

/**
 * Paths that nobody can ever complete (C64): among the slots whose people are known, not all can be filled by distinct people
 * who may approve. A team whose members were not asked for is taken to hold somebody who can.
 */
export function unfillablePaths(
  slots: readonly Slot[],
  barredLogins: ReadonlySet<string>,
  rosters: ReadonlyMap<string, Roster> = new Map(),
): readonly string[] {
  const known = (owner: Owner): boolean => owner.kind !== "team" || rosters.has(teamKey(owner));
  const byPath = Map.groupBy(
    slots.filter((slot) => slot.from.every(known)),
    (slot) => slot.path,
  );
  return [...byPath].flatMap(([path, ofPath]) => {
    const able = ofPath.map((slot) => slot.from.flatMap((owner) => loginsOf(owner, rosters)));
    const logins = [...new Set(able.flat())].filter((login) => !barredLogins.has(login));
    const edges = able.map((names) => logins.flatMap((login, index) => (names.includes(login) ? [index] : [])));
    return maximumMatching(edges).includes(null) ? [path] : [];
  });
}

function loginsOf(owner: Owner, rosters: ReadonlyMap<string, Roster>): readonly string[] {
  if (owner.kind === "user") return [owner.login.toLowerCase()];
  const roster = owner.kind === "team" ? rosters.get(teamKey(owner)) : undefined;
  return roster?.kind === "members" ? roster.logins.map((login) => login.toLowerCase()) : [];
}
