/**
 * Ed25519 as docs/protocol.md, section 2, defines it: what libsodium accepts.
 *
 * S < L, A and R canonical and not of small order, S·B = R + k·A without cofactor. A library's
 * own `verify` multiplies by the cofactor, so the equation is written out here.
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

import { type Bytes, concat, equal } from "./bytes.ts";

const Point = ed25519.Point;
const ORDER = Point.Fn.ORDER;

/** Whether `signature` (64 bytes) of `message` is right under the public key (32 bytes). */
export function isSigned(publicKey: Bytes, signature: Bytes, message: Bytes): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const r = signature.subarray(0, 32);
  const s = little(signature.subarray(32));
  if (s >= ORDER) return false;
  let key, commitment;
  try {
    key = Point.fromBytes(publicKey, false);
    commitment = Point.fromBytes(r, false);
  } catch {
    return false; // no canonical point
  }
  if (key.isSmallOrder() || commitment.isSmallOrder()) return false;
  const k = little(sha512(concat(r, publicKey, message))) % ORDER;
  const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
  return equal(expected.toBytes(), r);
}

function little(bytes: Bytes): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
