import { text } from "node:stream/consumers";
import { Command } from "commander";
import { askAtTerminal } from "./ask.ts";
import type { ExitCode } from "./io.ts";
import { processIo } from "./process-io.ts";
import type { KeysDeps, KeysOptions, OpenOffline } from "./keys-backend.ts";
import { keysExport } from "./keys-export.ts";
import { type ImportOptions, keysImport } from "./keys-import.ts";
import { keysList } from "./keys-list.ts";
import { keysRevoke } from "./keys-revoke.ts";
import { keysRotate } from "./keys-rotate.ts";

const about = `
Speaks to the running server by the socket in its DATA_DIR, which only the server's user can open. Where no server runs, works on the
embedded database itself. With PostgreSQL any replica's socket does; only import may work without one.
Exit code: 0 done; 1 refused, or a key does not open; 2 misuse.`;

/** `countersign keys` (issue 4, DESIGN.md section 6). `offline` opens the database where no server answers. */
export function keysCommand(offline: OpenOffline): Command {
  const keys = new Command("keys").description("The server's signing keys").exitOverride().addHelpText("after", about);
  const run = async (work: (deps: KeysDeps) => Promise<ExitCode>): Promise<void> => {
    process.exitCode = await work({ io: processIo(), ask: askAtTerminal, stdin: () => text(process.stdin), offline });
  };
  const add = (name: string, description: string, example: string): Command =>
    keys
      .command(name)
      .description(description)
      .option("--data-dir <dir>", "the server's DATA_DIR (else from the environment, else ./data)")
      .option("--json", "one JSON object")
      .exitOverride()
      .addHelpText("after", `${about}\nExample:\n${example}`);

  add("list", "Every key: purpose, id, state, times", "  countersign keys list --data-dir /var/lib/countersign").action(
    (options: KeysOptions) => run((deps) => keysList(options, deps)),
  );
  add(
    "rotate",
    "A new key: an issuer key signs a day later, a ledger key as soon as the old one has signed its entry",
    "  countersign keys rotate issuer\n  countersign keys rotate ledger",
  )
    .argument("[purpose]", "issuer or ledger", "issuer")
    .action((purpose: string, options: KeysOptions) => run((deps) => keysRotate(purpose, options, deps)));
  add(
    "revoke",
    "Erase a key that leaked, at once and for good",
    "  countersign keys revoke 2Vb9XJv0k3m1tq8yHn4sLw7cRz5dFg6aPeTuIoKjBxY",
  )
    .argument("<kid>", "as `keys list` shows it")
    .option("--yes", "do not ask")
    .action((kid: string, options: KeysOptions & { yes?: boolean }) => run((deps) => keysRevoke(kid, options, deps)));
  add(
    "export",
    "Every key with its private half in the clear, for a safe",
    "  countersign keys export keys.json\n  countersign keys export --stdout | age -r age1... > keys.age",
  )
    .argument("[file]", "a file that is not there yet; it gets mode 0600")
    .option("--stdout", "to standard output instead")
    .action((file: string | undefined, options: KeysOptions & { stdout?: boolean }) =>
      run((deps) => keysExport(file, options, deps)),
    );
  add(
    "import",
    "Add the keys of an export; what is here and newer stays",
    "  countersign keys import keys.json\n  age -d keys.age | countersign keys import - --yes",
  )
    .argument("[file]", "what `keys export` wrote; - for standard input")
    .option("--dry-run", "say what it would do, and do nothing")
    .option("--yes", "do not ask")
    .option("--drop-unreadable", "erase private keys that SEALING_KEY does not open and the file does not have")
    .action((file: string | undefined, options: ImportOptions) => run((deps) => keysImport(file, options, deps)));
  return keys;
}
