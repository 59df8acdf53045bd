import type { LocalAws } from "../sandbox/clouds/index.ts";

/** A call by which a job got a session. Not the tries of roles that follow an accepted policy (src/exchange/roles/), whenever they come. */
export const isMint = ({ action, allowed, parameters }: LocalAws["log"][number]): boolean =>
  action === "sts:AssumeRoleWithWebIdentity" &&
  allowed &&
  parameters?.["RoleSessionName"]?.startsWith("countersign-check-") !== true;
