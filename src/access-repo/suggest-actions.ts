import type { ActionCatalogue } from "./action-catalogue.ts";
import { type ActionPattern, isWild } from "./action-pattern.ts";
import { checkedAs, prefixOf } from "./aws-names.ts";
import { nearestFew, type Near } from "./suggest.ts";

/** What to write instead: a hint, and a fix where one name is clearly meant. */
export interface ActionHint {
  readonly hint: string;
  readonly fix?: string;
}
/** Undefined where nothing is near. */
export type Suggest = (pattern: ActionPattern) => ActionHint | undefined;

/** At most this many edits are a slip of the finger; more may be another power, which a machine does not choose. */
const slip = 2;

/** What was probably meant by a pattern that takes no action; what it learns of a service it keeps. */
export function suggestActions(catalogue: ActionCatalogue): Suggest {
  const beginnings = new Map<string, readonly string[]>();

  return (pattern) => {
    const { service, name } = pattern;
    if (!catalogue.services.has(service)) return otherService(pattern, catalogue.services);
    const checked = checkedAs.get(`${service}:${name}`);
    if (checked !== undefined) return { hint: `AWS checks ${checked} for this operation.`, fix: checked };
    const names = [...catalogue.actionsOf(service).values()].map((action) => action.name);
    if (!isWild(name)) return meant(service, nearestFew(name, names, 3));
    const start = name.slice(0, -1);
    // `Delet*` is a beginning; where wildcards stand elsewhere, whole names are all there is to say.
    if (!name.endsWith("*") || isWild(start)) {
      const near = nearestFew(name.replace(/[*?]/g, ""), names, 3);
      return near.length === 0 ? undefined : { hint: didYouMean(near.map(({ name: found }) => `${service}:${found}`)) };
    }
    const starts = beginnings.get(service) ?? beginningsOf(names);
    beginnings.set(service, starts);
    return meant(service, nearestFew(start, starts, 3), "*");
  };
}

function otherService({ service }: ActionPattern, services: ReadonlySet<string>): ActionHint | undefined {
  const said = prefixOf.get(service);
  // No fix: whether that service has the action is not known before its list is loaded.
  if (said !== undefined) return { hint: `The prefix of ${service} is ${said}.` };
  const near = nearestFew(service, services, 3).map((found) => found.name);
  return near.length === 0 ? undefined : { hint: `Did you mean the service ${oneOf(near)}?` };
}

function meant(service: string, near: readonly Near[], tail = ""): ActionHint | undefined {
  const [first, second] = near;
  if (first === undefined) return undefined;
  const names = near.map(({ name }) => `${service}:${name}${tail}`);
  const clear = first.distance <= slip && (second === undefined || second.distance > first.distance);
  return { hint: didYouMean(clear ? names.slice(0, 1) : names), ...(clear ? { fix: names[0] ?? "" } : {}) };
}

const didYouMean = (names: readonly string[]): string => `Did you mean ${oneOf(names)}?`;
const oneOf = (names: readonly string[]): string =>
  names.length > 1 ? `${names.slice(0, -1).join(", ")} or ${names.at(-1)}` : (names[0] ?? "");

/** Word by word: `DeleteBucketPolicy` begins with `Delete`, `DeleteBucket` and itself. */
function beginningsOf(names: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const name of names) {
    let start = "";
    for (const [word] of name.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|-/g)) found.add((start += word));
  }
  return [...found];
}
