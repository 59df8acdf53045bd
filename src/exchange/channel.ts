import { channel } from "node:diagnostics_channel";

/** What is published on the diagnostics channel `countersign:exchange`, synchronously, right after a state is durable. */
export interface ExchangeEvent {
  readonly state: "minting" | "minted" | "recorded" | "released" | "dropped";
  /** Exchange id. */
  readonly exchange: string;
}
const exchanges = channel("countersign:exchange");

/** For tracing and for the crash tests; subscribers run before the next step begins. */
export const publish = (event: ExchangeEvent): void => exchanges.publish(event);
