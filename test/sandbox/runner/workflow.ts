import { load } from "js-yaml";

export type Node = Readonly<Record<string, unknown>>;

export const record = (value: unknown): Node =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** YAML scalars as the runner's strings. */
export const text = (value: unknown): string | undefined =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;

export const parseYaml = (source: string): Node => record(load(source, { maxAliases: 0 }));

/** The job to run, with what it inherits from the workflow. */
export function jobOf(workflow: Node, name: string | undefined): Node {
  const jobs = record(workflow["jobs"]);
  const names = Object.keys(jobs);
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined || !(chosen in jobs)) throw new Error(`which job of ${names.join(", ")}?`);
  const job = record(jobs[chosen]);
  return {
    ...job,
    name: chosen,
    env: { ...record(workflow["env"]), ...record(job["env"]) },
    // A job's permissions replace the workflow's; they are not merged.
    permissions: job["permissions"] ?? workflow["permissions"],
  };
}

export const mayAskForIdToken = (permissions: unknown): boolean =>
  permissions === "write-all" || record(permissions)["id-token"] === "write";
