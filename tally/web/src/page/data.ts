/**
 * Data published beside the pages, as scripts: a page opened from a disk may load those and
 * nothing else. A file `data/NAME.js` calls `pbvote.put(NAME, value)`.
 */

import { type Bytes, fromBase64 } from "../bytes.ts";
import type { Documents } from "../election.ts";
import type { Place, Published } from "../verdict.ts";

interface Inbox {
  put(name: string, value: unknown): void;
}

declare global {
  interface Window {
    pbvote: Inbox;
  }
}

/** A file of the page isn't there. */
export class Absent extends Error {
  override name = "Absent";
}

const own = document.currentScript as HTMLScriptElement | null;
const asked = new Map<string, Promise<unknown>>();
const arrived = new Map<string, unknown>();

window.pbvote = { put: (name, value) => void arrived.set(name, value) };

function load(name: string): Promise<unknown> {
  const before = asked.get(name);
  if (before !== undefined) return before;
  const loading = new Promise<unknown>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`../data/${name}.js`, own?.src ?? document.baseURI).href;
    script.onload = () => (arrived.has(name) ? resolve(arrived.get(name)) : reject(new Absent(name)));
    script.onerror = () => reject(new Absent(name));
    document.head.append(script);
  });
  asked.set(name, loading);
  return loading;
}

export async function documents(): Promise<Documents> {
  return (await load("documents")) as Documents;
}

/** `[box, index]` pairs. */
type Pair = [number, number];

/** How trackers are spread over files: by so many of their first hex digits. */
interface Spread {
  digits: number;
}

export const published: Published = {
  async tile(box: number, path: string): Promise<Bytes> {
    return fromBase64((await load(`box/${box}/${path}`)) as string);
  },

  async places(begins: string): Promise<Place[]> {
    const { digits } = (await load("trackers")) as Spread;
    const shard = (await load(`trackers/${begins.slice(0, digits) || "all"}`)) as Record<string, Pair[]>;
    return (shard[begins.slice(0, 12)] ?? []).map(([box, index]) => ({ box, index }));
  },

  async successor(place: Place): Promise<Place | null> {
    const all = (await load("superseded")) as Record<string, Pair>;
    const found = all[`${place.box}/${place.index}`];
    return found === undefined ? null : { box: found[0], index: found[1] };
  },
};
