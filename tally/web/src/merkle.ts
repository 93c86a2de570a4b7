/** RFC 6962 hashing, and inclusion as RFC 9162, section 2.1.3.2, checks it. */

import { sha256 } from "@noble/hashes/sha2.js";

import { type Bytes, concat, equal } from "./bytes.ts";

export function leafHash(entry: Bytes): Bytes {
  return sha256(concat(Uint8Array.of(0), entry));
}

export function nodeHash(left: Bytes, right: Bytes): Bytes {
  return sha256(concat(Uint8Array.of(1), left, right));
}

/** Whether the leaf stands at `index` of the tree of `size` entries with this root. */
export function isIncluded(leaf: Bytes, index: number, size: number, proof: Bytes[], root: Bytes): boolean {
  if (index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node > 0) {
        node = node / 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && equal(hash, root);
}

/** The largest power of two below `size`, which is at least 2. */
export function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
