import { CountersignError } from "../base/errors.ts";
import { isFailedStatement } from "../store/index.ts";

/** Exchanges in one statement at most: a step of that many takes tens of milliseconds, which is what the others wait. */
export const mostTogether = 250;

/**
 * What one exchange may have caused in the transaction of many: it was rolled back, and each is tried alone, so that only that
 * one fails. Where the database itself fails, all do: a thousand transactions more would not bring it back.
 */
export const mayFailAlone = (error: unknown): boolean => error instanceof CountersignError || isFailedStatement(error);
