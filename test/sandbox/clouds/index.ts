export { startLocalAws, type LocalAws } from "./local-aws.ts";
export { secretCanary } from "./sts.ts";
export type { Role } from "./types.ts";
export { type LocalEntra, startLocalEntra } from "./entra/local-entra.ts";
