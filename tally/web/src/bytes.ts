/** Bytes and their spellings, each with one encoding for one value (docs/protocol.md, section 2). */

export type Bytes = Uint8Array;

/** Something that was read is not what it should be; `message` is a word of the page's catalogue. */
export class Refused extends Error {
  override name = "Refused";
}

export function concat(...parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function toHex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** The text of UTF-8 bytes; Refused unless they are its one spelling. */
export function fromUtf8(bytes: Bytes): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refused("not UTF-8");
  }
}

export function toBase64(bytes: Bytes): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/** The bytes of canonical base64: padded, no spaces, no stray bits. */
export function fromBase64(text: string, length?: number): Bytes {
  let bytes: Bytes;
  try {
    bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    throw new Refused("not base64");
  }
  if (toBase64(bytes) !== text || (length !== undefined && bytes.length !== length)) {
    throw new Refused("not canonical base64 of the right length");
  }
  return bytes;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The bytes of RFC 4648 base32: capitals, no padding, no stray bits. */
export function fromBase32(text: string): Bytes {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const char of text) {
    const digit = BASE32.indexOf(char);
    if (digit < 0) throw new Refused("not base32");
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
      value &= (1 << bits) - 1;
    }
  }
  if (value !== 0 || bits >= 5) throw new Refused("not base32");
  return Uint8Array.from(bytes);
}

/** An unsigned number of a few bytes, big endian. */
export function unsigned(bytes: Bytes): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
