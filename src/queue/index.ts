export { describeError } from "./failure.ts";
export { type Hint, readHint } from "./hint.ts";
export { createInbox, type Delivery, type Inbox, inboxKey, type Received, type Wanted } from "./inbox.ts";
export { enqueueJob } from "./jobs.ts";
export { createQueue, type Log, type Queue, type QueueOptions, sweepKey } from "./queue.ts";
