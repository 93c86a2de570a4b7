/** Signed notes, vkeys and checkpoints as C2SP writes them (docs/protocol.md, sections 2 and 7). */

import { sha256 } from "@noble/hashes/sha2.js";

import { type Bytes, Refused, concat, equal, fromBase64, toHex, utf8 } from "./bytes.ts";
import { isSigned } from "./ed25519.ts";

const DASH = "— ";
const ED25519 = 1;

export interface VerifyKey {
  readonly name: string;
  readonly id: Bytes;
  readonly public: Bytes;
}

export interface Signature {
  readonly name: string;
  readonly id: Bytes;
  readonly data: Bytes;
}

export interface Note {
  /** It ends with its newline. */
  readonly text: string;
  readonly signatures: readonly Signature[];
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Bytes;
}

/** The key of `name+hash+base64`, in its one spelling. */
export function parseVkey(vkey: string): VerifyKey {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(vkey);
  if (match === null) throw new Refused("not a vkey");
  const [, name, id, encoded] = match as unknown as [string, string, string, string];
  const typed = fromBase64(encoded, 33);
  const key = { name, id: keyId(name, typed), public: typed.subarray(1) };
  if (typed[0] !== ED25519 || toHex(key.id) !== id) throw new Refused("not a vkey");
  return key;
}

function keyId(name: string, typed: Bytes): Bytes {
  return sha256(concat(utf8(`${name}\n`), typed)).subarray(0, 4);
}

/** The parts of a note, nothing verified. */
export function parseNote(note: string): Note {
  const gap = note.lastIndexOf("\n\n");
  const lines = note.slice(gap + 2);
  // eslint-disable-next-line no-control-regex
  if (gap < 1 || !lines.endsWith("\n") || /[\x00-\x09\x0b-\x1f]/.test(note)) {
    throw new Refused("not a signed note");
  }
  return { text: note.slice(0, gap + 1), signatures: lines.slice(0, -1).split("\n").map(signature) };
}

function signature(line: string): Signature {
  const [name, encoded, ...more] = line.startsWith(DASH) ? line.slice(DASH.length).split(" ") : [];
  if (!name || encoded === undefined || more.length > 0) throw new Refused("not a signature line");
  const data = fromBase64(encoded);
  if (data.length < 5) throw new Refused("not a signature line");
  return { name, id: data.subarray(0, 4), data: data.subarray(4) };
}

/** The text of a note with exactly these keys' signatures, in this order. */
export function openNote(note: string, keys: readonly VerifyKey[]): string {
  const parts = parseNote(note);
  if (keys.length === 0 || parts.signatures.length !== keys.length) {
    throw new Refused("not exactly the signatures it must have");
  }
  const message = utf8(parts.text);
  keys.forEach((key, i) => {
    const found = parts.signatures[i] as Signature;
    if (found.name !== key.name || !equal(found.id, key.id) || !isSigned(key.public, found.data, message)) {
      throw new Refused(`the signature of ${key.name} is missing or wrong`);
    }
  });
  return parts.text;
}

/** The text of a note that the first key and at least `quorum` of the others signed, in order. */
export function openByQuorum(
  note: string,
  first: VerifyKey,
  others: readonly VerifyKey[],
  quorum: number,
): string {
  const names = parseNote(note).signatures.map((signed) => signed.name);
  const signed = others.filter((key) => names.includes(key.name));
  if (signed.length < quorum) throw new Refused("too few of the trustees signed");
  return openNote(note, [first, ...signed]);
}

/** The checkpoint in a note with the one signature of this log's key. */
export function openCheckpoint(note: string, key: VerifyKey): Checkpoint {
  const [origin, size, root, last, ...more] = openNote(note, [key]).split("\n");
  if (last !== "" || more.length > 0 || origin !== key.name || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? "")) {
    throw new Refused("not a checkpoint of this log");
  }
  return { origin, size: Number(size), root: fromBase64(root ?? "", 32) };
}

