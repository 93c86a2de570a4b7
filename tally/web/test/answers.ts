/**
 * Answers the cases that a Python test asks (tests/web/test_scripts.py), which knows what the
 * library says of each: JSON on standard input, JSON on standard output.
 */

import { Refused, fromHex, toHex, utf8 } from "../src/bytes.ts";
import { isSigned } from "../src/ed25519.ts";
import { decode } from "../src/json.ts";
import { isIncluded, leafHash } from "../src/merkle.ts";
import { openCheckpoint, openNote, parseVkey } from "../src/note.ts";
import { readGiven } from "../src/receipt.ts";
import { readBallot } from "../src/records.ts";
import { inclusionProof, readEntry } from "../src/tiles.ts";

interface Log {
  size: number;
  root: string;
  tiles: Record<string, string>;
  indices: number[];
}

interface Cases {
  signatures: [string, string, string][];
  json: string[];
  entries: string[];
  notes: { note: string; keys: string[] }[];
  checkpoints: { note: string; key: string }[];
  given: string[];
  logs: Log[];
}

function held<T>(what: () => T): T | null {
  try {
    return what();
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

async function included(log: Log): Promise<string[]> {
  const read = (path: string) => {
    const tile = log.tiles[path];
    return tile === undefined ? Promise.reject(new Error(`no tile ${path}`)) : Promise.resolve(fromHex(tile));
  };
  return await Promise.all(
    log.indices.map(async (index) => {
      const entry = await readEntry(read, index, log.size);
      const proof = await inclusionProof(read, index, log.size);
      return isIncluded(leafHash(entry), index, log.size, proof, fromHex(log.root)) ? toHex(entry) : "not included";
    }),
  );
}

async function answers(cases: Cases): Promise<object> {
  return {
    signatures: cases.signatures.map(([key, signed, message]) =>
      isSigned(fromHex(key), fromHex(signed), fromHex(message)),
    ),
    json: cases.json.map((data) => held(() => decode(fromHex(data))) !== null),
    entries: cases.entries.map((data) => {
      const ballot = readBallot(fromHex(data));
      return ballot === null ? null : toHex(ballot.tracker);
    }),
    notes: cases.notes.map(({ note, keys }) =>
      held(() => toHex(utf8(openNote(note, keys.map(parseVkey))))),
    ),
    checkpoints: cases.checkpoints.map(({ note, key }) => held(() => openCheckpoint(note, parseVkey(key)).size)),
    given: cases.given.map((typed) => readGiven(typed).kind),
    logs: await Promise.all(cases.logs.map(included)),
  };
}

let input = "";
process.stdin.on("data", (part: { toString(): string }) => (input += part.toString()));
process.stdin.on("end", () => {
  void answers(JSON.parse(input) as Cases).then((all) => process.stdout.write(JSON.stringify(all)));
});
