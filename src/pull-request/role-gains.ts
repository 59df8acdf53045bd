import { oneLine } from "../base/text.ts";

/**
 * For every key of a role, what it gains where the key is another: the end of a sentence about the role, without its point.
 * The type wants every key, so that none that is added to the schema is forgotten here.
 */
export type Gains<R> = { readonly [Key in keyof R]-?: (old: R, now: R) => readonly string[] };

/** Of one key; the rest is counted, so that no key hides another. */
const mostOfKey = 8;

/** In the order of the table. */
export const gainsOf = <R>(table: Gains<R>, old: R, now: R): readonly string[] =>
  Object.entries<Gains<R>[keyof R]>(table).flatMap(([key, of]) => {
    const gains = of(old, now);
    const rest = gains.length - mostOfKey;
    return rest > 0 ? [...gains.slice(0, mostOfKey), `gains ${rest} more by its ${key}`] : gains;
  });

/** `a, b and 3 more` */
export function few(texts: readonly string[], most: number, length: number): string {
  const shown = texts.slice(0, most).map((text) => oneLine(text, length));
  return texts.length > most ? `${shown.join(", ")} and ${texts.length - most} more` : shown.join(", ");
}

/** One end of a sentence about what only `now` holds, or none. */
export function added(old: readonly string[], now: readonly string[], words: string): readonly string[] {
  const more = now.filter((one) => !old.includes(one));
  return more.length === 0 ? [] : [`${words} ${few(more, 5, 160)}`];
}

/** One end of a sentence where an identity is another, or none. */
export const another = (what: string, old: string | undefined, now: string | undefined): readonly string[] =>
  old === now ? [] : [`has ${what} ${oneLine(now ?? "(none)", 300)} instead of ${oneLine(old ?? "(none)", 300)}`];
