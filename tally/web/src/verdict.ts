/**
 * What became of a receipt: counted, superseded, set aside or missing (docs/protocol.md, section 7),
 * as `pbvote receipt check` says it, with every check that was made on the way.
 */

import { type Bytes, Refused, equal, toHex } from "./bytes.ts";
import type { Box, Election } from "./election.ts";
import { inclusionProof, readEntry } from "./tiles.ts";
import { isIncluded, leafHash } from "./merkle.ts";
import { type ReceiptText, isSignedReceipt } from "./receipt.ts";
import { type Ballot, readBallot } from "./records.ts";

export interface Place {
  readonly box: number;
  readonly index: number;
}

/** What is published beside the documents; tiles and places are proven, never believed. */
export interface Published {
  tile(box: number, path: string): Promise<Bytes>;
  /** Where a ballot whose tracker begins so may stand. */
  places(begins: string): Promise<Place[]>;
  /** The place of the ballot that counts in place of a superseded one. */
  successor(place: Place): Promise<Place | null>;
}

export type Verdict =
  | { what: "counted"; place: Place; tracker: string }
  | { what: "superseded"; place: Place; tracker: string; by: Place }
  | { what: "set-aside"; place: Place; tracker: string; reason: string }
  | { what: "missing"; place: Place | null; why: "lost" | "beyond" | "another" | "unknown" }
  | { what: "no-receipt"; why: "other-election" | "no-box" | "forged" };

/** The verdict on a whole receipt. Refused if what is published contradicts itself. */
export async function ofReceipt(election: Election, published: Published, receipt: ReceiptText): Promise<Verdict> {
  if (!equal(receipt.election, election.id.subarray(0, 8))) return { what: "no-receipt", why: "other-election" };
  const box = election.boxes[receipt.box];
  if (box === undefined) return { what: "no-receipt", why: "no-box" };
  if (!isSignedReceipt(receipt, election.id, box.name, box.key.public)) return { what: "no-receipt", why: "forged" };
  const place = { box: receipt.box, index: receipt.index };
  if (box.lost) return { what: "missing", place, why: "lost" };
  if (receipt.index >= box.log.size) return { what: "missing", place, why: "beyond" };
  const ballot = readBallot(await provenEntry(box, published, place));
  if (ballot === null || !equal(ballot.tracker, receipt.tracker)) return { what: "missing", place, why: "another" };
  return await judged(election, published, place, ballot);
}

/** The verdict on the beginning of a tracker: no box's signature is checked, all else is. */
export async function ofTracker(election: Election, published: Published, begins: string): Promise<Verdict> {
  let found: { place: Place; ballot: Ballot } | null = null;
  for (const place of await published.places(begins)) {
    const box = election.boxes[place.box];
    if (box === undefined || box.lost) continue;
    const ballot = readBallot(await provenEntry(box, published, place));
    if (ballot === null || !toHex(ballot.tracker).startsWith(begins)) continue;
    if (found === null || ballot.kind === "challenge") found = { place, ballot };
  }
  if (found === null) return { what: "missing", place: null, why: "unknown" };
  return await judged(election, published, found.place, found.ballot);
}

/** An entry that is in the box's log as the closing counts it: the checkpoint's root proves it. */
async function provenEntry(box: Box, published: Published, { box: number, index }: Place): Promise<Bytes> {
  const read = (path: string) => published.tile(number, path);
  const { size, root } = box.log;
  const entry = await readEntry(read, index, size);
  const proof = await inclusionProof(read, index, size);
  if (!isIncluded(leafHash(entry), index, size, proof, root)) {
    throw new Refused("the published tiles don't have the checkpoint's root");
  }
  return entry;
}

async function judged(election: Election, published: Published, place: Place, ballot: Ballot): Promise<Verdict> {
  const tracker = toHex(ballot.tracker);
  const reason = election.setAside.get(`${place.box}/${place.index}`);
  if (reason === undefined) {
    if (ballot.kind === "cast") return { what: "counted", place, tracker };
    return { what: "set-aside", place, tracker, reason: "challenged" };
  }
  if (reason !== "superseded") return { what: "set-aside", place, tracker, reason };
  const by = await published.successor(place);
  const box = by === null ? undefined : election.boxes[by.box];
  if (by === null || box === undefined) throw new Refused("the ballot that counts instead isn't named");
  const successor = readBallot(await provenEntry(box, published, by));
  const counts = !election.setAside.has(`${by.box}/${by.index}`) && successor?.kind === "cast";
  if (!counts || successor.pseudonym !== ballot.pseudonym) {
    throw new Refused("the ballot named as counting instead is another person's, or doesn't count");
  }
  return { what: "superseded", place, tracker, by };
}
