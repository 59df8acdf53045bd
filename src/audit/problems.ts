import { oneLine } from "../base/text.ts";
import type { Problem, ProblemCode } from "./types.ts";

/** A branch full of foreign commits must not fill the auditor's memory or terminal. */
const maxProblems = 1000;

export class Problems {
  readonly list: Problem[] = [];
  leftOff = 0;

  /** Removes those that fit, and gives them. */
  take(fits: (problem: Problem) => boolean): readonly Problem[] {
    const taken = this.list.filter(fits);
    const left = this.list.filter((problem) => !fits(problem));
    this.list.splice(0, this.list.length, ...left);
    return taken;
  }

  add(code: ProblemCode, message: string, where: { commit?: string; path?: string; entry?: string } = {}): void {
    if (this.list.length >= maxProblems) {
      this.leftOff++;
      return;
    }
    // Paths on the branch are whatever somebody pushed (C62).
    const path = where.path === undefined ? {} : { path: oneLine(where.path, 300) };
    this.list.push({ code, message: oneLine(message), ...where, ...path });
  }
}
