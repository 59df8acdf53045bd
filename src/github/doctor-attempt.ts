import { z } from "zod";
import { CountersignError } from "../base/errors.ts";
import type { Reading } from "../doctor/index.ts";

export const unreadable = (why: string, needs: string): Extract<Reading<never>, { kind: "unreadable" }> => ({
  kind: "unreadable",
  why,
  needs,
});

/** What was read; or that it was not, and `needs` says what a reader would have to be. A defect of ours is thrown on. */
export async function attempt<T>(needs: string, read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { kind: "read", value: await read() };
  } catch (error) {
    if (error instanceof z.ZodError) return unreadable("GitHub's answer is not what its documentation says.", needs);
    if (error instanceof CountersignError) {
      const again = error.code === "github_not_visible" || error.code === "github_refused";
      return unreadable(error.message, again ? needs : "GitHub has to answer: try again later");
    }
    throw error;
  }
}

/** One after the other: GitHub asks not to be asked in parallel. */
export async function inOrder<A, B>(items: readonly A[], each: (item: A) => Promise<B>): Promise<readonly B[]> {
  const results: B[] = [];
  for (const item of items) results.push(await each(item));
  return results;
}
