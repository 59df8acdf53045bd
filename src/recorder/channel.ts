import { channel } from "node:diagnostics_channel";
import type { RecorderEvent } from "./types.ts";

const recorder = channel("countersign:recorder");

/** For tracing and for the crash tests; subscribers run before the next step begins. */
export const publish = (event: RecorderEvent): void => recorder.publish(event);
