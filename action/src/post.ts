import { thisMachine } from "./machine.ts";
import { cleanUp } from "./run.ts";

process.exitCode = await cleanUp(thisMachine());
