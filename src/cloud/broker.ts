import type { PlanData } from "../plan/types.ts";
import { CloudError } from "./errors.ts";
import type { Broker, CheckInput, Minted, MintInput } from "./types.ts";

type Kind = PlanData["kind"];

/**
 * A broker whose `mint` gets plans of its own kind only. The map of brokers finds the right one; here it is looked at once more,
 * since a subject that was approved for one kind must not be signed for another (C55). The same for `check` and roles.
 */
export function brokerOf<K extends Kind>(
  kind: K,
  mint: (input: MintInput<K>) => Promise<Minted>,
  check?: (input: CheckInput<K>) => Promise<void>,
): Broker {
  const isOurs = (input: MintInput): input is MintInput & MintInput<K> => input.plan.kind === kind;
  return {
    kind,
    ...(check && { check: checkOf(kind, check) }),
    async mint(input) {
      if (!isOurs(input)) {
        throw new CloudError(
          "cloud_misconfigured",
          `A plan of kind ${input.plan.kind} came to the broker for ${kind}.`,
        );
      }
      if (input.plan.subject.split(":")[2] !== kind)
        throw new CloudError("cloud_misconfigured", `The plan's subject is not one of kind ${kind}.`);
      return mint(input);
    },
  };
}

function checkOf<K extends Kind>(
  kind: K,
  check: (input: CheckInput<K>) => Promise<void>,
): NonNullable<Broker["check"]> {
  const isOurs = (input: CheckInput): input is CheckInput & CheckInput<K> =>
    input.role.kind === kind && input.subject.split(":")[2] === kind;
  return async (input) => {
    if (!isOurs(input))
      throw new CloudError("cloud_misconfigured", `A role of another kind came to the broker for ${kind}.`);
    await check(input);
  };
}
