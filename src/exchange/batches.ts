import { CountersignError } from "../base/errors.ts";
import { isFailedStatement } from "../store/index.ts";

/** How exchanges share the statements of a step (base/batched.ts). */
export const together = {
  /** A step of that many takes tens of milliseconds, which is what the others wait. */
  most: 250,
  lanes: 2,
  /**
   * What one exchange may have caused in the transaction of many: it was rolled back, and each is tried alone, so that only
   * that one fails. Where the database itself fails, all do: a thousand transactions more would not bring it back. A row that
   * somebody keeps locked holds up a lane for the store's lock timeout, and then only those who need it.
   */
  alone: (error: unknown): boolean => error instanceof CountersignError || isFailedStatement(error),
} as const;
