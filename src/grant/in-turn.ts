/** Pull requests of one access repo that one sweep reads: each takes about three requests, and GitHub grants 5 000 an hour. */
const atOnce = 10;
const minute = 60_000;

/**
 * Whose turn it is in the sweep of this minute: all where they are few, else a part of them, so that each has its turn within
 * so many minutes as there are tens of them. What webhooks tell of waits for no turn.
 */
export function inTurn(numbers: Iterable<number>, now: Date): readonly number[] {
  const all = [...new Set(numbers)].sort((a, b) => a - b);
  const turns = Math.max(1, Math.ceil(all.length / atOnce));
  const turn = Math.floor(now.getTime() / minute) % turns;
  return all.filter((_, i) => i % turns === turn);
}
