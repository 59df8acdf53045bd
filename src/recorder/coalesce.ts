/**
 * Single-flight where only a run that began after the call counts: a caller never gets the answer of a run that may have
 * read the world before the caller's own change. Callers that arrive during a run share the one that follows it. This is
 * the group commit of the ledger and the live check of the exchange.
 */
export function coalesce<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;

  const start = (): Promise<T> => {
    const current = run().finally(() => {
      if (running === current) running = undefined;
    });
    running = current;
    return current;
  };
  return () => {
    if (next) return next;
    if (!running) return start();
    const follow = (): Promise<T> => {
      next = undefined;
      return start();
    };
    next = running.then(follow, follow);
    return next;
  };
}
