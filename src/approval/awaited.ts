import type { Owner } from "../access-repo/types.ts";
import { maximumMatching } from "./matching.ts";
import { ownerText } from "./owners.ts";
import type { Slot } from "./types.ts";

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
 * Paths that nobody can ever complete (C64): among the slots that name plain users only, not all can be filled by distinct
 * users who may approve. A slot that names a team is taken to be fillable, since who is in it is not asked beforehand.
 */
export function unfillablePaths(slots: readonly Slot[], barredLogins: ReadonlySet<string>): readonly string[] {
  const byPath = Map.groupBy(
    slots.filter((slot) => slot.from.every((owner) => owner.kind !== "team")),
    (slot) => slot.path,
  );
  return [...byPath].flatMap(([path, ofPath]) => {
    const able = ofPath.map((slot) =>
      slot.from.flatMap((owner) => (owner.kind === "user" ? [owner.login.toLowerCase()] : [])),
    );
    const logins = [...new Set(able.flat())].filter((login) => !barredLogins.has(login));
    const edges = able.map((names) => logins.flatMap((login, index) => (names.includes(login) ? [index] : [])));
    return maximumMatching(edges).includes(null) ? [path] : [];
  });
}
