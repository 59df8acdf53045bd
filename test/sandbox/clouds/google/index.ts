export { accountResource, bucketResource, projectResource } from "./iam.ts";
export { type LocalGoogle, startLocalGoogle } from "./local-google.ts";
export { tokenCanary } from "./sts.ts";
export { oauthError, rpcError } from "./types.ts";
