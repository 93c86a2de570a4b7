/** Casts and challenges of a box's log, held to their field table (section 8, rule 1). */

import { sha256 } from "@noble/hashes/sha2.js";

import { type Bytes, Refused, concat, fromBase64, utf8 } from "./bytes.ts";
import { type Fields, type Json, decode, encode, list, record, text } from "./json.ts";

export interface Ballot {
  readonly kind: "cast" | "challenge";
  readonly tracker: Bytes;
  /** Base64, as it stands in the certificate. */
  readonly pseudonym: string;
}

/** The cast or challenge that an entry is; null for anything else, malformed ones too. */
export function readBallot(entry: Bytes): Ballot | null {
  try {
    return checked(decode(entry));
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

function checked(value: Json): Ballot {
  const type = typeof value === "object" && !Array.isArray(value) ? value.type : undefined;
  if (type === "pbvote/cast/1") return sealed(record(value, ["type", "ballot", "proof"]), "cast");
  if (type !== "pbvote/challenge/1") throw new Refused("neither a cast nor a challenge");
  const entry = record(value, ["type", "ballot", "proof", "opening"]);
  for (const part of list(entry.opening)) {
    const opened = record(part, ["contest", "randomness"]);
    named(opened.contest);
    fromBase64(text(opened.randomness));
  }
  return sealed(entry, "challenge");
}

function sealed(entry: Fields, kind: Ballot["kind"]): Ballot {
  const ballot = record(entry.ballot as Json, ["type", "election", "box", "certificate", "sealed"]);
  typed(ballot, "pbvote/ballot/1");
  fromBase64(text(ballot.election), 32);
  named(ballot.box);
  const pseudonym = certified(ballot.certificate as Json);
  let size = 32;
  for (const part of list(ballot.sealed)) {
    const fields = record(part, ["contest", "ciphertext"]);
    named(fields.contest);
    const length = fromBase64(text(fields.ciphertext)).length;
    if (length === 0 || length % 64 !== 0) throw new Refused("not a ciphertext");
    size += length / 2;
  }
  const proof = record(entry.proof as Json, ["commitment", "response"]);
  const commitment = fromBase64(text(proof.commitment), size);
  fromBase64(text(proof.response), size);
  const tracker = sha256(concat(utf8("pbvote/v1/tracker"), sha256(encode(ballot)), commitment));
  return { kind, tracker, pseudonym };
}

function certified(value: Json): string {
  const required = ["type", "election", "pseudonym", "serial", "channel", "key", "registrar", "signature"];
  const fields = record(value, required, ["district"]);
  typed(fields, "pbvote/certificate/1");
  fromBase64(text(fields.election), 32);
  fromBase64(text(fields.pseudonym), 16);
  fromBase64(text(fields.key), 32);
  fromBase64(text(fields.signature), 64);
  named(fields.registrar);
  if (fields.district !== undefined) named(fields.district);
  const serial = fields.serial;
  if (typeof serial !== "number" || serial < 1 || serial > 65535) throw new Refused("not a serial");
  if (fields.channel !== "online" && fields.channel !== "in-person") throw new Refused("no channel");
  return text(fields.pseudonym);
}

function typed(fields: Fields, type: string): void {
  if (fields.type !== type) throw new Refused("another type of record");
}

function named(value: Json | undefined): void {
  if (!/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/.test(text(value))) throw new Refused("not a name");
}
