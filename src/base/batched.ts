/** What became of one item of a batch. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** The outcome of a function that throws where something does not hold. */
export function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error };
  }
}

export interface BatchOptions<Item, T> {
  /** One outcome for each item, in their order. What it throws is everybody's, and must have changed nothing. */
  readonly run: (items: readonly Item[]) => Promise<readonly Outcome<T>[]>;
  /** Items of one batch at most. */
  readonly most: number;
  /** Batches at one time: with two, one is made and answered while the database works on the other. */
  readonly lanes: number;
  /** Items of one name are never under way together: the later one comes to see what became of the earlier. */
  readonly apart?: (item: Item) => string;
  /** Whether an error may be the doing of one item: then each is run again, alone, so that it fails alone. */
  readonly alone?: (error: unknown) => boolean;
}

interface Waiting<Item, T> {
  readonly item: Item;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: whoever comes while batches run goes into the next one, which begins when one of them has ended. Nobody waits for
 * company: where one comes alone, one goes alone. An item's batch always begins after the item came, so what the batch reads
 * is no older than the call.
 */
export function batched<Item, T>({
  run,
  most,
  lanes,
  apart,
  alone,
}: BatchOptions<Item, T>): (item: Item) => Promise<T> {
  let waiting: Waiting<Item, T>[] = [];
  let working = 0;
  const underWay = new Set<string>();

  const runAll = async (batch: readonly Waiting<Item, T>[]): Promise<void> => {
    try {
      const outcomes = await run(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i];
        if (outcome?.ok) resolve(outcome.value);
        else reject(outcome ? outcome.error : new Error("a batch has no outcome for one of its items"));
      });
    } catch (error) {
      if (batch.length > 1 && alone?.(error)) await Promise.all(batch.map((one) => runAll([one])));
      else for (const { reject } of batch) reject(error);
    }
  };
  const take = (): readonly Waiting<Item, T>[] => {
    const batch: Waiting<Item, T>[] = [];
    const later: Waiting<Item, T>[] = [];
    const names = new Set(underWay);
    for (const one of waiting) {
      const name = apart?.(one.item);
      const fits = batch.length < most && (name === undefined || !names.has(name));
      if (name !== undefined) names.add(name);
      (fits ? batch : later).push(one);
    }
    waiting = later;
    return batch;
  };
  const work = async (): Promise<void> => {
    for (;;) {
      // Those whom one event lets go on, such as the end of another batch, come in one go.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = take();
      if (batch.length === 0) break;
      const names = batch.flatMap(({ item }) => apart?.(item) ?? []);
      for (const name of names) underWay.add(name);
      await runAll(batch);
      for (const name of names) underWay.delete(name);
    }
    working--;
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (working >= lanes) return;
      working++;
      void work();
    });
}
