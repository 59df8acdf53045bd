// The operator's way to a running server: a unix socket that only its owner can open (DESIGN.md section 6).
export { type AdminReply, callAdmin } from "./client.ts";
export { type KeyHandlers, keyHandlers } from "./key-handlers.ts";
export type { AdminCommand, AdminHandlers, AdminParams, AdminResult, KeyCommand } from "./protocol.ts";
export { type AdminSocket, serveAdmin } from "./serve.ts";
export { adminSocketPath, socketPathProblem } from "./socket-path.ts";
