import { forTerminal } from "../base/text.ts";
import type { ExitCode } from "./io.ts";
import { done, failed, type KeysDeps, type KeysOptions, misuse, withKeys } from "./keys-backend.ts";

/** `countersign keys rotate [issuer|ledger]` */
export async function keysRotate(purpose: string, options: KeysOptions, deps: KeysDeps): Promise<ExitCode> {
  const { io } = deps;
  if (purpose !== "issuer" && purpose !== "ledger")
    return misuse(io, "Say which key: `countersign keys rotate issuer` or `countersign keys rotate ledger`.");
  return withKeys(deps, options, async (call) => {
    const reply = await call("keys_rotate", { purpose });
    if (!reply.ok) return failed(io, options, reply);
    const { kid, active_from, ledgers } = reply.result;
    if (options.json) done(io, reply.result);
    else if (purpose === "issuer")
      io.out(
        `New issuer key ${kid}.\nIt is published now and signs from ${active_from}; the old one stays published for a day after that. ` +
          "Clouds that read the key set follow by themselves; a Google provider with an uploaded key set needs the new one before.\n",
      );
    else io.out(`New ledger key ${kid}.\n${forTerminal(handedOver(ledgers), 4000)}\n`);
    return 0;
  });
}

const handedOver = (ledgers: readonly string[] | null): string =>
  ledgers === null
    ? "A server hands each ledger over to it when it runs, by an entry that the old key signs."
    : ledgers.length === 0
      ? "The sweep hands each ledger over to it within a minute, by an entry that the old key signs."
      : `Handed over by an entry that the old key signs: ${ledgers.join(", ")}. Readers who have the old public key follow.`;
