import { readFileSync } from "node:fs";
import { answerTool } from "./aws-process.ts";
import { thisMachine } from "./machine.ts";

// A program of its own: tools of AWS start it as their `credential_process`, long after the step with the Action has ended.
process.exitCode = await answerTool(
  thisMachine(),
  () => readFileSync(process.argv[2] ?? "", "utf8"),
  (text) => void process.stderr.write(text),
);
