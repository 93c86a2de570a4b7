/** Canonical JSON (RFC 8785 restricted as in docs/protocol.md, section 2). */

import { type Bytes, Refused, equal, fromUtf8, utf8 } from "./bytes.ts";

export type Json = string | number | boolean | Json[] | { [name: string]: Json };
export type Fields = { [name: string]: Json };

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The one encoding of a value. */
export function encode(value: Json): Bytes {
  return utf8(spelled(value));
}

function spelled(value: Json): string {
  if (typeof value === "string") {
    if (LONE.test(value)) throw new Refused("half a surrogate pair");
    return JSON.stringify(value);
  }
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new Refused("not an integer");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(spelled).join(",")}]`;
  if (value === null || typeof value !== "object") throw new Refused("null");
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${spelled(value[name] as Json)}`).join(",")}}`;
}

/** The value of canonical bytes; Refused unless they are its one encoding. */
export function decode(bytes: Bytes): Json {
  let value: Json;
  try {
    value = JSON.parse(fromUtf8(bytes)) as Json;
  } catch {
    throw new Refused("not JSON");
  }
  if (!equal(encode(value), bytes)) throw new Refused("not in canonical form");
  return value;
}

/** An object with exactly these fields (`optional` may be missing). */
export function record(value: Json, required: string[], optional: string[] = []): Fields {
  if (typeof value !== "object" || Array.isArray(value)) throw new Refused("not a record");
  const names = Object.keys(value);
  const known = new Set([...required, ...optional]);
  if (!required.every((name) => names.includes(name)) || !names.every((name) => known.has(name))) {
    throw new Refused("not the fields of this record");
  }
  return value;
}

/** A document's record: its fields are read by name, others are left alone. */
export function fields(value: Json | undefined): Fields {
  if (typeof value !== "object" || Array.isArray(value)) throw new Refused("not a record");
  return value;
}

export function list(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw new Refused("not a list");
  return value;
}

export function text(value: Json | undefined): string {
  if (typeof value !== "string") throw new Refused("not a text");
  return value;
}

/** A count: an integer from 0. */
export function count(value: Json | undefined): number {
  if (typeof value !== "number" || value < 0) throw new Refused("not a count");
  return value;
}
