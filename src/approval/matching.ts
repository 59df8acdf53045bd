/**
 * Maximum bipartite matching by augmenting paths (Kuhn). Greedy filling would let the person who fits both slots take the
 * one that somebody else needs, and call an approved request pending.
 * @param edges for each left vertex the right vertices it may take, by preference
 * @returns for each left vertex its right vertex, or null
 */
export function maximumMatching(edges: readonly (readonly number[])[]): (number | null)[] {
  const takenBy = new Map<number, number>();
  const augment = (left: number, seen: Set<number>): boolean => {
    for (const right of edges[left] ?? []) {
      if (seen.has(right)) continue;
      seen.add(right);
      const holder = takenBy.get(right);
      if (holder === undefined || augment(holder, seen)) {
        takenBy.set(right, left);
        return true;
      }
    }
    return false;
  };
  for (const left of edges.keys()) augment(left, new Set());
  const result: (number | null)[] = edges.map(() => null);
  for (const [right, left] of takenBy) result[left] = right;
  return result;
}
