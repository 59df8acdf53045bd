import type { AdminResult } from "../admin/index.ts";
import { forTerminal } from "../base/text.ts";
import type { ExitCode } from "./io.ts";
import { done, failed, type KeysDeps, type KeysOptions, misuse, withKeys } from "./keys-backend.ts";

type Key = AdminResult<"keys_list">["keys"][number];

/** `countersign keys revoke KID`: asks for the kid once more, unless `yes`. */
export async function keysRevoke(
  kid: string,
  options: KeysOptions & { readonly yes?: boolean },
  deps: KeysDeps,
): Promise<ExitCode> {
  const { io } = deps;
  if (!/^[A-Za-z0-9_-]{43}$/.test(kid))
    return misuse(io, "A key id has 43 characters of A-Z, a-z, 0-9, - and _: `countersign keys list` shows them.");
  return withKeys(deps, options, async (call) => {
    const list = await call("keys_list", {});
    if (!list.ok) return failed(io, options, list);
    const key = list.result.keys.find((each) => each.kid === kid);
    if (!key)
      return failed(io, options, {
        code: "no_such_key",
        message: "There is no key with this id: `countersign keys list` shows them.",
      });
    if (key.state !== "revoked" && !options.yes) {
      io.err(`${consequences(key)}\n`);
      const answer = await deps.ask("To revoke it for good, type its id: ");
      if (answer === undefined) return misuse(io, "There is nobody here to confirm: add --yes.");
      if (answer !== kid) return failed(io, options, { code: "not_confirmed", message: "Nothing was revoked." });
    }
    const reply = await call("keys_revoke", { kid });
    if (!reply.ok) return failed(io, options, reply);
    if (options.json) done(io, reply.result);
    else io.out(outcome(reply.result));
    return 0;
  });
}

/** What stops working, before anybody says yes. */
function consequences(key: Key): string {
  const name = `${key.purpose} key ${key.kid} (${key.state})`;
  if (key.purpose === "ledger")
    return (
      `${name}: its private half is erased. It must not sign any ledger any more (${forTerminal(key.ledgers.join(", ")) || "it signs none"}). ` +
      "A ledger that began with it is not believed after a loss of the database. No import brings it back."
    );
  return [
    `${name}: its private half is erased and it leaves the key set. No import brings it back.`,
    key.state === "active" ? "Another key signs from then on; one that clouds know, if there is one." : "",
    "Replicas stop signing with it within 5 seconds. Clouds refuse what it signed when they have read the key set again, and none says " +
      "how long it keeps one: up to a day. Until then exchanges may fail where the key that follows is new, and a stolen copy still " +
      "works: to stop that at once, remove the trust in each cloud (`countersign setup TARGET --remove`).",
    "Credentials that were given out go on to their own end. A Google provider with an uploaded key set needs the new one.",
  ]
    .filter((line) => line !== "")
    .join("\n");
}

function outcome({ kid, already, purpose, signs }: AdminResult<"keys_revoke">): string {
  const now =
    signs === null ? "" : ` ${signs.kid} signs${signs.fresh ? ", a new key: clouds have to read it first" : ""}.`;
  return already ? `${kid} was revoked before.${now}\n` : `The ${purpose} key ${kid} is revoked.${now}\n`;
}
