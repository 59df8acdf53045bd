import type { Logger } from "pino";
import { diagnose, type Finding } from "./doctor/index.ts";
import type { DoctorFacts } from "./github/index.ts";
import { describeError } from "./queue/index.ts";

/** Job that looks once at the settings of one enrolled access repo. */
export const doctorKey = (repositoryId: number): string => `doctor:${repositoryId}`;

/**
 * Says in the log what GitHub's settings of an access repo keep from working, with the App's own eyes: once, after enrolment, in some ten
 * requests. Nothing depends on it, so it fails without a word but one. What the App may not see is one line that names who can.
 */
export async function doctorAtStart(
  deps: { readonly github: DoctorFacts; readonly log: Logger; readonly webUrl: string },
  fullName: string,
): Promise<void> {
  const { log } = deps;
  let findings: readonly Finding[];
  try {
    findings = diagnose(await deps.github.doctorFacts(fullName, deps.webUrl));
  } catch (error) {
    log.warn(
      { accessRepo: fullName, error: describeError(error) },
      "doctor could not look at the access repo's settings",
    );
    return;
  }
  for (const { level, code, what, why, cure } of findings)
    if (level === "error" || level === "warning")
      log.warn({ accessRepo: fullName, code, severity: level, why, cure }, `doctor: ${what}`);
  const unseen = findings.filter(({ level }) => level === "unknown").map(({ code }) => code);
  if (unseen.length > 0)
    log.info(
      { accessRepo: fullName, unknown: [...new Set(unseen)] },
      `doctor: the App may not see everything; an admin does: countersign doctor ${fullName}`,
    );
}
