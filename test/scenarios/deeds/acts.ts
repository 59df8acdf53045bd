import type { Acts } from "./details.ts";
import { ofJobs } from "./jobs.ts";
import { actsOnTheLedger } from "./ledger.ts";
import { ofTheOperator } from "./operator.ts";
import { webhooks } from "./webhooks.ts";

/** Sentences in which the server is asked something, or is itself what something is done to. */
export const acts: Acts = [...ofJobs, ...webhooks, ...actsOnTheLedger, ...ofTheOperator];
