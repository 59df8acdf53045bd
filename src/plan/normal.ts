/** Clouds compare plain strings; code units are an order that no locale changes. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sorted and without repetition: order and repetition in a file change neither the hash nor what is sent. */
export const sorted = (values: readonly string[]): readonly string[] => [...new Set(values)].sort(byCodeUnit);

/** Members in one order: what is sent does not hang on the order in a file. */
export const sortedMembers = <T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => byCodeUnit(a, b)));
