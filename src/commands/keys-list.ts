import type { AdminResult } from "../admin/index.ts";
import { forTerminal } from "../base/text.ts";
import type { ExitCode } from "./io.ts";
import { done, failed, type KeysDeps, type KeysOptions, withKeys } from "./keys-backend.ts";

type Key = AdminResult<"keys_list">["keys"][number];

/** `countersign keys list`: exit 1 where a key does not open. */
export const keysList = (options: KeysOptions, deps: KeysDeps): Promise<ExitCode> =>
  withKeys(deps, options, async (call) => {
    const { io } = deps;
    const reply = await call("keys_list", {});
    if (!reply.ok) return failed(io, options, reply);
    const { keys } = reply.result;
    if (options.json) done(io, reply.result);
    else
      io.out(
        keys.length === 0 ? "There are no keys: the first start of a server makes them.\n" : keys.map(row).join(""),
      );
    const shut = keys.filter((key) => !key.opens);
    if (shut.length > 0 && !options.json)
      io.err(
        "A key that does not open with SEALING_KEY keeps every server from starting: set SEALING_KEY_OLD to the sealing key before, " +
          "or run `countersign keys import`.\n",
      );
    return shut.length > 0 ? 1 : 0;
  });

function row(key: Key): string {
  const head = `${key.purpose}  ${key.kid.padEnd(43)}  ${key.state.padEnd(8)}  ${when(key)}`;
  const more = [
    ...(key.opens ? [] : ["does not open with SEALING_KEY"]),
    ...(key.ledgers.length > 0
      ? [`signs the ledger of ${key.ledgers.map((name) => forTerminal(name)).join(", ")}`]
      : []),
    ...(key.public_key === null ? [] : [`public key ${forTerminal(key.public_key)}`]),
  ];
  return [head, ...more.map((line) => `        ${line}`), ""].join("\n");
}

function when({ state, purpose, active_from, retired_at }: Key): string {
  switch (state) {
    case "active":
      return retired_at === null ? `signs since ${active_from}` : `signs, published until ${retired_at}`;
    case "upcoming":
      return `published, signs from ${active_from}`;
    case "retiring":
      return purpose === "ledger"
        ? `signs since ${active_from}, until its ledgers are handed over`
        : `published until ${retired_at ?? "its successor signs"}`;
    case "retired":
      return retired_at === null ? `signed from ${active_from} on, verifies` : `published until ${retired_at}`;
    case "revoked":
      return `revoked ${retired_at ?? ""}`.trim();
  }
}
