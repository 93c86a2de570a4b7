/** A receipt's text, and what its box signed (docs/protocol.md, section 7). */

import { type Bytes, concat, equal, fromBase32, toBase64, unsigned, utf8 } from "./bytes.ts";
import { isSigned } from "./ed25519.ts";
import { encode } from "./json.ts";

const PREFIX = "PBVOTE1/R/";
const LENGTH = 114;

export interface ReceiptText {
  /** The first 8 bytes of the election id. */
  readonly election: Bytes;
  readonly box: number;
  readonly index: number;
  /** Seconds since 1970. */
  readonly at: number;
  readonly tracker: Bytes;
  readonly signature: Bytes;
}

/** What somebody gave to be checked: a receipt, the beginning of a tracker, or why it is neither. */
export type Given =
  | { kind: "receipt"; receipt: ReceiptText }
  | { kind: "tracker"; begins: string }
  | { kind: "partial" | "other" };

/** Readers take what starts at the prefix, wherever it stands; spaces and line ends don't matter. */
export function readGiven(typed: string): Given {
  const start = typed.toUpperCase().indexOf(PREFIX);
  if (start >= 0) {
    const receipt = readReceipt(typed.slice(start + PREFIX.length).replace(/\s+/g, "").toUpperCase());
    return receipt === null ? { kind: "partial" } : { kind: "receipt", receipt };
  }
  const digits = typed.replace(/[\s\u2010-\u2015-]/g, "").toLowerCase();
  if (/^[0-9a-f]{12,64}$/.test(digits)) return { kind: "tracker", begins: digits };
  return { kind: "other" };
}

function readReceipt(encoded: string): ReceiptText | null {
  let data: Bytes;
  try {
    data = fromBase32(encoded);
  } catch {
    return null;
  }
  if (data.length !== LENGTH) return null;
  return {
    election: data.subarray(0, 8),
    box: unsigned(data.subarray(8, 10)),
    index: unsigned(data.subarray(10, 14)),
    at: unsigned(data.subarray(14, 18)),
    tracker: data.subarray(18, 50),
    signature: data.subarray(50),
  };
}

/** `YYYY-MM-DDTHH:MM:SSZ` of seconds since 1970. */
export function timeText(unix: number): string {
  return `${new Date(unix * 1000).toISOString().slice(0, 19)}Z`;
}

/** Whether this box signed the receipt, for this election. */
export function isSignedReceipt(receipt: ReceiptText, election: Bytes, box: string, key: Bytes): boolean {
  if (!equal(receipt.election, election.subarray(0, 8))) return false;
  const record = encode({
    type: "pbvote/receipt/1",
    election: toBase64(election),
    box,
    index: receipt.index,
    tracker: toBase64(receipt.tracker),
    at: timeText(receipt.at),
  });
  return isSigned(key, receipt.signature, concat(utf8("pbvote/v1/receipt\n"), record));
}
