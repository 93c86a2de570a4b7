/** A published log's tiles: where they lie, what is in them, and proofs from them (tlog-tiles). */

import { type Bytes, Refused, unsigned } from "./bytes.ts";
import { nodeHash, split } from "./merkle.ts";

const WIDTH = 256;
const HASH = 32;

/** The bytes of the tile at a path below the log's folder. */
export type ReadTile = (path: string) => Promise<Bytes>;

/** The path of tile `index` of a level (`null`: entries) in a log of `size` entries. */
export function tilePath(level: number | null, index: number, size: number): string {
  const row = Math.floor(size / WIDTH ** (level ?? 0));
  const width = Math.min(WIDTH, row - index * WIDTH);
  if (width <= 0) throw new Refused("no such tile");
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let high = Math.floor(index / 1000); high > 0; high = Math.floor(high / 1000)) {
    groups.unshift(`x${String(high % 1000).padStart(3, "0")}`);
  }
  const partial = width === WIDTH ? "" : `.p/${width}`;
  return `tile/${level ?? "entries"}/${groups.join("/")}${partial}`;
}

/** The entries of a tile: each after its length, u16 big endian. */
export function decodeBundle(data: Bytes): Bytes[] {
  const entries: Bytes[] = [];
  let at = 0;
  while (at < data.length) {
    const end = at + 2 + unsigned(data.subarray(at, at + 2));
    if (at + 2 > data.length || end > data.length) throw new Refused("a tile that is cut");
    entries.push(data.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/** Entry `index` of a log of `size`, as it stands in its tile. Proves nothing by itself. */
export async function readEntry(read: ReadTile, index: number, size: number): Promise<Bytes> {
  const tile = Math.floor(index / WIDTH);
  const entries = decodeBundle(await read(tilePath(null, tile, size)));
  const entry = entries[index % WIDTH];
  if (entry === undefined || entries.length !== Math.min(WIDTH, size - tile * WIDTH)) {
    throw new Refused("a tile with other entries than its path says");
  }
  return entry;
}

/** The proof that entry `index` is in the tree of `size` entries, leaf to root, from the tiles. */
export async function inclusionProof(read: ReadTile, index: number, size: number): Promise<Bytes[]> {
  const proof: Bytes[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + split(end - start);
    if (index < middle) {
      proof.unshift(await subtree(read, middle, end, size));
      end = middle;
    } else {
      proof.unshift(await subtree(read, start, middle, size));
      start = middle;
    }
  }
  return proof;
}

/** The root over entries `start` to `end`, as every split of the tree makes them. */
async function subtree(read: ReadTile, start: number, end: number, size: number): Promise<Bytes> {
  const width = end - start;
  const level = Math.log2(width);
  if (Number.isInteger(level)) return await complete(read, level, start / width, size);
  const middle = start + split(width);
  return nodeHash(await subtree(read, start, middle, size), await subtree(read, middle, end, size));
}

/** The root of complete subtree `index` over 2^level entries. */
async function complete(read: ReadTile, level: number, index: number, size: number): Promise<Bytes> {
  const row = Math.floor(level / 8);
  const many = 2 ** (level % 8);
  const first = index * many;
  const tile = Math.floor(first / WIDTH);
  const data = await read(tilePath(row, tile, size));
  const at = (first % WIDTH) * HASH;
  let hashes: Bytes[] = [];
  for (let i = 0; i < many; i++) {
    const hash = data.subarray(at + i * HASH, at + (i + 1) * HASH);
    if (hash.length !== HASH) throw new Refused("a tile that is cut");
    hashes.push(hash);
  }
  while (hashes.length > 1) {
    hashes = hashes.filter((_, i) => i % 2 === 0).map((left, i) => nodeHash(left, hashes[2 * i + 1] as Bytes));
  }
  return hashes[0] as Bytes;
}
