import type { PlanData } from "../plan/types.ts";
import { CloudError } from "./errors.ts";
import type { Broker, Minted, MintInput } from "./types.ts";

/**
 * A broker whose `mint` gets plans of its own kind only. The map of brokers finds the right one; here it is looked at once more,
 * since a subject that was approved for one kind must not be signed for another (C55).
 */
export function brokerOf<K extends PlanData["kind"]>(kind: K, mint: (input: MintInput<K>) => Promise<Minted>): Broker {
  const isOurs = (input: MintInput): input is MintInput & MintInput<K> => input.plan.kind === kind;
  return {
    kind,
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
