import { finding } from "../access-repo/index.ts";
import type { Diagnostic, TreeFile } from "../access-repo/types.ts";
import type { ObjectId } from "../base/ids.ts";
import type { Entry } from "./folders.ts";
import { blobId, blobIdWithLf, gitMode } from "./git-objects.ts";
import { readOnDisk } from "./plain-file.ts";

/** A file as it lies in the working folder, as git would have it. */
export interface FileOnDisk extends TreeFile {
  /** Ids that git may have for it: as it is, and with LF where it has CRLF. */
  readonly oids: readonly ObjectId[];
}

export interface Modes {
  /** Git's index: mode by path. Undefined where there is none. */
  readonly tracked?: ReadonlyMap<string, number> | undefined;
  /** False where the file system cannot show modes (`core.fileMode`, `core.symlinks`): then the index is believed. */
  readonly modesShow?: boolean;
}

const start = { line: 1, column: 1, length: 1 };
/** Stands for what git would name otherwise, where that is refused in any case. */
export const nothing = blobId(new Uint8Array());

/** Reads single places; what cannot be read becomes a finding. */
export class PlaceReader {
  readonly #root: string;
  readonly #options: Modes;
  readonly #findings: Diagnostic[];
  constructor(root: string, options: Modes, findings: Diagnostic[]) {
    this.#root = root;
    this.#options = options;
    this.#findings = findings;
  }

  async entry(entry: Entry, max: number): Promise<FileOnDisk | undefined> {
    if (entry.kind === "unreadable") return this.#unreadable(entry.path, entry.why ?? "");
    if (entry.kind !== "submodule") return await this.file(entry.path, max);
    return { path: entry.path, oid: nothing, oids: [], mode: gitMode.submodule, text: undefined };
  }

  async file(path: string, max: number): Promise<FileOnDisk | undefined> {
    const found = await readOnDisk(this.#root, path, max);
    switch (found.kind) {
      case "special": {
        const hint = "Remove it; a plain text file belongs here.";
        this.#findings.push(finding("CS2001", path, start, `Here stands ${found.what}, not a plain file.`, { hint }));
        return undefined;
      }
      case "unreadable":
        return this.#unreadable(path, found.why);
      case "link": {
        const oid = blobId(found.bytes);
        return { path, oid, oids: [oid], mode: gitMode.link, text: undefined };
      }
      case "file": {
        const { bytes } = found;
        const oid = blobId(bytes);
        const lf = blobIdWithLf(bytes);
        const mode =
          this.#options.modesShow === false ? (this.#options.tracked?.get(path) ?? gitMode.plainFile) : found.mode;
        return { path, oid, oids: lf === undefined ? [oid] : [oid, lf], mode, text: decode(bytes, found.whole) };
      }
    }
  }

  async inPlaceOfFolder(path: string): Promise<void> {
    const found = await readOnDisk(this.#root, path, 0);
    const what = found.kind === "link" ? "a symbolic link" : found.kind === "special" ? found.what : "a file";
    const message = `Where a folder is wanted stands ${what}; nothing behind it is read.`;
    this.#findings.push(finding("CS2001", path, start, message, { hint: "Make it a folder, or remove it." }));
  }

  #unreadable(path: string, why: string): undefined {
    const hint = "Make it readable, or try again where something else is writing it.";
    this.#findings.push(finding("CS1001", path, start, `This cannot be read: ${why}.`, { hint }));
    return undefined;
  }
}

/** Text, or undefined for what is not UTF-8. A byte order mark stays, so that it is told (CS1003). */
function decode(bytes: Uint8Array, whole: boolean): string | undefined {
  try {
    // Of a file that was cut, the last character may be in two.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !whole });
  } catch {
    return undefined;
  }
}
