import { formatDuration } from "../base/duration.ts";
import { sessionLength } from "./lifetimes.ts";
import { jobRisks, note, notNarrowed } from "./notes.ts";
import type { GithubPlanData, RiskNote } from "./types.ts";

// Sources: GitHub's REST reference for installation tokens (one hour, revocation with the token itself); docs "Triggering a workflow
// from a workflow" (pushes by an App's token start workflows, unlike those of GITHUB_TOKEN).

/** What a reviewer should not overlook, each a plain sentence. */
export function githubRisks(data: GithubPlanData, narrowed: boolean): readonly RiskNote[] {
  const { outlives } = sessionLength(data);
  const writes = Object.entries(data.permissions).flatMap(([name, level]) => (level === "write" ? [name] : []));
  return [
    ...notNarrowed(narrowed),
    ...note(writes.length > 0, "write_permission", `It can write: ${writes.sort().join(", ")}.`),
    ...note(
      writes.includes("contents"),
      "contents_write",
      "contents: write can push commits, move and delete branches and tags, and publish releases; such a push starts workflows.",
    ),
    ...jobRisks(data),
    ...note(
      outlives > 0,
      "session_tail",
      `Where Countersign cannot revoke the token at the end of the grant, it lives on, up to ${formatDuration(outlives)} past it.`,
    ),
  ];
}

/** What GitHub does not let us limit, each a plain sentence. */
export function githubNotLimited(): readonly string[] {
  return [
    "The token can do whatever its permissions allow in all of these repositories: GitHub narrows to no branch, path or single issue.",
    "Every token can read the metadata of its repositories, asked for or not.",
    "A token that was copied can be used from anywhere until it is revoked or expires.",
    "Commits, tags, releases, packages and comments that the job makes stay after the end.",
  ];
}
