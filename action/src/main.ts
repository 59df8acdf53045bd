import { thisMachine } from "./machine.ts";
import { run } from "./run.ts";

process.exitCode = await run(thisMachine());
