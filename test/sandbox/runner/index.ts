import { fileURLToPath } from "node:url";

export { runJob } from "./run-job.ts";
export type { RunJobOptions } from "./types.ts";

/** Holds `aws`; give it to `runJob` as `path`. */
export const binDir: string = fileURLToPath(new URL("./bin", import.meta.url));
