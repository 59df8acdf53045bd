import { createHash } from "node:crypto";
import { objectId, type ObjectId } from "../base/ids.ts";

// What git would call the same content (git-hash-object, gitformat-pack "Object types"): SHA-1, as GitHub's repositories have it.

const hash = (type: "blob" | "tree", content: Uint8Array): ObjectId =>
  objectId(createHash("sha1").update(`${type} ${content.length}\0`).update(content).digest("hex"));

export const blobId = (content: Uint8Array): ObjectId => hash("blob", content);

/**
 * The id that git has for a text file that stands here with CRLF: with `core.autocrlf` git stores LF. Undefined where that
 * changes nothing.
 */
export function blobIdWithLf(content: Uint8Array): ObjectId | undefined {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("latin1");
  return text.includes("\r\n") ? blobId(Buffer.from(text.replaceAll("\r\n", "\n"), "latin1")) : undefined;
}

/** One file of a folder. */
export interface TreeEntry {
  readonly name: string;
  readonly mode: number;
  readonly oid: ObjectId;
}

/** Git's id of a folder that holds no other folders; entries stand in the order of their names' bytes. */
export function treeId(entries: readonly TreeEntry[]): ObjectId {
  const parts = entries
    .map(({ name, mode, oid }) => ({ name: Buffer.from(name), mode: mode.toString(8), id: Buffer.from(oid, "hex") }))
    .sort((a, b) => Buffer.compare(a.name, b.name))
    .map(({ name, mode, id }) => Buffer.concat([Buffer.from(`${mode} `), name, Buffer.from([0]), id]));
  return hash("tree", Buffer.concat(parts));
}

export const gitMode = {
  plainFile: 0o100644,
  executable: 0o100755,
  link: 0o120000,
  submodule: 0o160000,
  folder: 0o040000,
} as const;
