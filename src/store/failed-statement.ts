// Classes of SQLSTATE (PostgreSQL documentation, appendix A): data exception, integrity constraint violation, transaction
// rollback (deadlock), object not in prerequisite state (a lock that did not come), and a statement that took too long.
const ofStatement = /^(?:22|23|40|55)...$|^57014$/;
/** `statement_completion_unknown`, of class 40: what stands between us and the database may say so. */
const completionUnknown = "40003";

/**
 * Whether the database refused what was asked of it, and rolled the transaction back; it may do other work at once. False
 * where it is the database that fails, or the way to it: then nobody knows what was committed.
 */
export const isFailedStatement = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  typeof error.code === "string" &&
  error.code !== completionUnknown &&
  ofStatement.test(error.code);
