import type { Logger } from "pino";
import { type AdminHandlers, type AdminSocket, adminSocketPath, serveAdmin, socketPathProblem } from "./admin/index.ts";
import { CountersignError } from "./base/errors.ts";

/**
 * The socket of a server in its DATA_DIR. Where there can be none the server runs all the same and says so: nobody else needs it.
 * @throws CountersignError `admin_socket_in_use`: a second server with one DATA_DIR would take the first one's commands
 */
export async function openAdmin(dataDir: string, handlers: AdminHandlers, log: Logger): Promise<AdminSocket | null> {
  const path = adminSocketPath(dataDir);
  const problem = socketPathProblem(path);
  if (problem !== undefined) {
    log.error({ path, problem }, "no admin socket: commands such as `countersign keys` cannot reach this server");
    return null;
  }
  try {
    return await serveAdmin({ path, handlers, log });
  } catch (error) {
    if (error instanceof CountersignError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    log.error({ path, problem: code }, "no admin socket: DATA_DIR cannot hold one (a disk that is read-only?)");
    return null;
  }
}
