import type { Actor } from "../approval/types.ts";

// What we write on pull requests and issues carries a line that nobody sees, so that a server which crashed between GitHub's
// answer and its own note finds it again, and does not say everything twice.

/** `kind` and `key` are ours: letters, digits and `-_/#:.` only, so that nothing in them can end the comment. */
const line = (kind: string, key: string): string => {
  const name = `${kind}:${key}`;
  if (!/^[\w\-/#:.]{1,300}$/.test(name)) throw new TypeError("a marker is made of our own names");
  return `<!-- countersign:${name} -->`;
};

/** The text with its marker at the end. */
export const marked = (text: string, kind: string, key: string): string => `${text}\n\n${line(kind, key)}`;

/**
 * The newest of what *our bot* wrote with this marker; anybody else can copy it, and then it is not ours.
 * @param written oldest first
 */
export function findOwn<T extends { readonly body: string; readonly author: Actor | null }>(
  written: readonly T[],
  bot: { readonly id: number },
  kind: string,
  key: string,
): T | undefined {
  return written.findLast((one) => one.author?.id === bot.id && one.body.trimEnd().endsWith(line(kind, key)));
}
