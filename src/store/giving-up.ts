import { Client } from "pg";

/**
 * A connection that ends with the first statement that nobody answers in time (`query_timeout`). pg alone would give it back to the pool, where
 * it fails one caller after the other until the system notices that the other side is gone, which takes a quarter of an hour.
 */
export class GivingUpClient extends Client {
  // The driver's overloads: whatever comes in goes on as it is.
  override query = ((...args: Parameters<Client["query"]>): unknown => {
    const answer: unknown = super.query(...args);
    if (answer instanceof Promise)
      answer.catch((error: unknown) => {
        // With a statement on its way `end` destroys the socket at once, and the pool takes no client back that has ended.
        if (error instanceof Error && error.message === "Query read timeout") void this.end().catch(() => undefined);
      });
    return answer;
  }) as Client["query"];
}
