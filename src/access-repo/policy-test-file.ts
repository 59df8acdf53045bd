import { type PolicyTestFile, policyTestSchema } from "./policy-test-schema.ts";
import { type ReadFile, readFile } from "./read-file.ts";

const shape = /^tests\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\/){0,3}[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}\.yml$/;

/** True for a file of policy tests: `tests/**.yml`. Tests are not policy: they say what it should do, and change nothing. */
export const isPolicyTestPath = (path: string): boolean => path.length <= 400 && shape.test(path);

/** Parses a file of policy tests. Never throws. */
export const parsePolicyTests = (text: string | undefined, path: string): ReadFile<PolicyTestFile> =>
  readFile(text, path, policyTestSchema);
