/**
 * The signed documents of a finished election, their signatures checked: manifest, addenda,
 * closing, results, and merge.json as the results name it (docs/protocol.md, sections 3, 8, 12).
 */

import { sha256 } from "@noble/hashes/sha2.js";

import { type Bytes, Refused, equal, fromBase64, toBase64, utf8 } from "./bytes.ts";
import { type Fields, type Json, count, decode, fields, list, text } from "./json.ts";
import { type Checkpoint, type VerifyKey, openByQuorum, openCheckpoint, openNote, parseVkey } from "./note.ts";

/** The published texts, byte for byte as in the audit bundle; `checkpoints` by box, null if lost. */
export interface Documents {
  readonly commission: string;
  readonly manifest: string;
  readonly addenda: readonly string[];
  readonly closing: string;
  readonly results: string;
  readonly merge: string;
  readonly checkpoints: readonly (string | null)[];
}

export interface Box {
  readonly name: string;
  readonly key: VerifyKey;
  /** The log as the closing counts it. */
  readonly log: Checkpoint;
  readonly lost: boolean;
}

export interface Election {
  readonly id: Bytes;
  readonly boxes: readonly Box[];
  /** `box position/index` → the reason it doesn't count. */
  readonly setAside: ReadonlyMap<string, string>;
}

/** Checks every document; Refused names the first that doesn't hold. */
export function openElection(documents: Documents): Election {
  const commission = parseVkey(documents.commission);
  const manifest = parsed(documents.manifest);
  const trustees = list(manifest.trustees).map((trustee) => parseVkey(text(fields(trustee).vkey)));
  openNote(documents.manifest, [commission, ...trustees]);
  const id = sha256(utf8(textOf(documents.manifest)));
  const signers = { commission, trustees, quorum: quorumOf(manifest, trustees.length) };
  const boxes = list(manifest.boxes);
  const hashes: string[] = [];
  for (const note of documents.addenda) {
    const addendum = openAddendum(note, hashes, id, signers);
    boxes.push(...list(addendum.boxes ?? []));
    hashes.push(toBase64(sha256(utf8(textOf(note)))));
  }
  const closing = openClosing(documents.closing, id, hashes, signers);
  const opened = boxes.map((box, i) => openBox(fields(box), closing, documents.checkpoints[i] ?? null));
  const merge = openMerge(documents, id, commission);
  return { id, boxes: opened, setAside: reasons(merge, opened) };
}

interface Signers {
  commission: VerifyKey;
  trustees: VerifyKey[];
  quorum: number;
}

function quorumOf(manifest: Fields, trustees: number): number {
  if (manifest.closing_quorum !== undefined) return count(manifest.closing_quorum);
  return Math.ceil((trustees + count(manifest.threshold)) / 2);
}

function openAddendum(note: string, before: string[], election: Bytes, signers: Signers): Fields {
  const addendum = parsed(note);
  const adds = addendum.boxes !== undefined || addendum.registrars !== undefined;
  openByQuorum(note, signers.commission, signers.trustees, adds ? signers.quorum : 1);
  const previous = before.at(-1) ?? toBase64(election);
  if (addendum.election !== toBase64(election) || addendum.previous !== previous) {
    throw new Refused("an addendum that doesn't follow the one before");
  }
  return addendum;
}

function openClosing(note: string, election: Bytes, addenda: string[], signers: Signers): Fields {
  openByQuorum(note, signers.commission, signers.trustees, signers.quorum);
  const closing = parsed(note);
  const same = JSON.stringify(closing.addenda) === JSON.stringify(addenda);
  if (closing.type !== "pbvote/closing/1" || closing.election !== toBase64(election) || !same) {
    throw new Refused("the closing is of another election or other addenda");
  }
  return closing;
}

function openBox(box: Fields, closing: Fields, note: string | null): Box {
  const key = parseVkey(text(box.vkey));
  const found = list(closing.logs).map(fields).find((log) => log.origin === key.name);
  if (found === undefined) throw new Refused("the closing doesn't name this box");
  const log = { origin: key.name, size: count(found.size), root: fromBase64(text(found.root), 32) };
  const lost = found.status === "lost";
  if (!lost) {
    if (note === null) throw new Refused("a box without its checkpoint");
    const checkpoint = openCheckpoint(note, key);
    if (checkpoint.size !== log.size || !equal(checkpoint.root, log.root)) {
      throw new Refused("the checkpoint isn't the one that the closing names");
    }
  }
  return { name: text(box.name), key, log, lost };
}

function openMerge(documents: Documents, election: Bytes, commission: VerifyKey): Fields {
  openNote(documents.results, [commission]);
  const results = parsed(documents.results);
  const closing = toBase64(sha256(utf8(textOf(documents.closing))));
  if (results.election !== toBase64(election) || results.closing !== closing) {
    throw new Refused("the results are of another election or closing");
  }
  const bytes = utf8(documents.merge);
  if (fields(results.files)["merge.json"] !== toBase64(sha256(bytes))) {
    throw new Refused("merge.json isn't the one that the results name");
  }
  const merge = fields(decode(bytes));
  if (merge.election !== toBase64(election)) throw new Refused("merge.json is of another election");
  return merge;
}

function reasons(merge: Fields, boxes: readonly Box[]): Map<string, string> {
  const positions = new Map(boxes.map((box, i) => [box.name, i]));
  return new Map(
    list(merge.set_aside).map((item) => {
      const { box, index, reason } = fields(item);
      return [`${positions.get(text(box))}/${count(index)}`, text(reason)];
    }),
  );
}

function textOf(note: string): string {
  return note.slice(0, note.lastIndexOf("\n\n") + 1);
}

/** The record of a note's one line, in canonical form. Says nothing of its signatures. */
function parsed(note: string): Fields {
  return fields(decode(utf8(textOf(note).slice(0, -1))) as Json);
}
