import { RetryLater } from "../base/errors.ts";
import type { ReconcileDeps } from "./deps.ts";

/** Does each as far as GitHub lets us now; the sweep does the rest. What is not "later" is an error like any other. */
export async function bestEffort(
  deps: Pick<ReconcileDeps, "log">,
  works: readonly (() => Promise<unknown>)[],
): Promise<void> {
  for (const work of works) {
    await work().catch((error: unknown) => {
      if (!(error instanceof RetryLater)) throw error;
      deps.log.info({ code: error.code }, "title, reviewers or comment have to wait");
    });
  }
}
