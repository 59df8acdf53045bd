import { exchange } from "./exchange.ts";
import { explain, Failure } from "./failure.ts";
import type { Inputs } from "./inputs.ts";
import { idToken } from "./oidc.ts";
import { withRetries } from "./retry.ts";
import { type Machine, Runner } from "./runner.ts";

/**
 * One answer to a tool: the document of `credential_process` on standard output, nothing else there; exit 1 and why on standard
 * error. Nothing is masked, since nobody but the tool reads it.
 */
export async function answerTool(
  machine: Machine,
  settings: () => string,
  complain: (text: string) => void,
): Promise<0 | 1> {
  const runner = new Runner({ ...machine, print: () => undefined });
  try {
    const inputs: Inputs = {
      ...(JSON.parse(settings()) as Pick<Inputs, "url" | "target" | "role" | "request" | "audience">),
      waitMs: 0,
      resource: undefined,
      tokenFile: false,
      credentialsFile: false,
      ghToken: false,
    };
    const { outputs } = await withRetries(machine, runner, async (limitMs) => {
      const start = machine.elapsed();
      const token = await idToken(machine, runner, inputs.audience, limitMs);
      return exchange(machine, runner, inputs, token, Math.max(1, limitMs - (machine.elapsed() - start)));
    });
    machine.print(
      `${JSON.stringify({
        Version: 1,
        AccessKeyId: outputs.get("aws-access-key-id"),
        SecretAccessKey: outputs.get("aws-secret-access-key"),
        SessionToken: outputs.get("aws-session-token"),
        Expiration: outputs.get("aws-expiration"),
      })}\n`,
    );
    return 0;
  } catch (error) {
    const lines =
      error instanceof Failure ? explain(error) : ["The settings of the Action are gone: run its step again."];
    complain(`Countersign: ${lines.join("\n")}\n`);
    return 1;
  }
}
