import { aws } from "./aws-credentials.ts";
import { azure } from "./azure-credentials.ts";
import { gcp } from "./gcp-credentials.ts";
import { github } from "./github-token.ts";
import type { Kind } from "./handover.ts";
import { oidc } from "./oidc-token.ts";

/** By the `kind` of the server's answer. */
export const kinds: ReadonlyMap<string, Kind> = new Map(Object.entries({ aws, azure, gcp, github, oidc }));
