/** "Check your receipt": everything happens here, in the browser; nothing is sent anywhere. */

import { Refused } from "../bytes.ts";
import { openElection } from "../election.ts";
import { type Given, type ReceiptText, readGiven, timeText } from "../receipt.ts";
import { type Place, type Verdict, ofReceipt, ofTracker } from "../verdict.ts";
import { Absent, documents, published } from "./data.ts";

/** The page's words in its language; `{name}` is filled in. */
interface Words {
  boxes: string[];
  reasons: Record<string, string>;
  texts: Record<string, string>;
}

interface Detector {
  detect(image: ImageBitmap): Promise<{ rawValue: string }[]>;
}

declare global {
  interface Window {
    BarcodeDetector?: new (options: { formats: string[] }) => Detector;
  }
}

/** Makes the receipt page work, if this is it. */
export function receiptPage(): void {
  const form = document.querySelector<HTMLFormElement>("#receipt-form");
  const block = document.querySelector("#receipt-words");
  if (form === null || block === null) return;
  const page = new Page(form, JSON.parse(block.textContent ?? "") as Words);
  page.start();
}

class Page {
  readonly #field: HTMLTextAreaElement;
  readonly #answer: HTMLElement;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly words: Words,
  ) {
    this.#field = form.querySelector("textarea") as HTMLTextAreaElement;
    this.#answer = document.querySelector("#receipt-answer") as HTMLElement;
  }

  start(): void {
    this.form.hidden = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#check();
    });
    this.#offerPhoto();
    const linked = decodeURIComponent(location.hash.slice(1));
    if (linked.toUpperCase().includes("PBVOTE1/R/")) {
      this.#field.value = linked;
      void this.#check();
    }
  }

  async #check(): Promise<void> {
    const given = readGiven(this.#field.value);
    if (given.kind === "partial" || given.kind === "other") {
      this.#field.setAttribute("aria-invalid", "true");
      this.#show("warn", this.#say(`given-${given.kind}`), []);
      return;
    }
    this.#field.removeAttribute("aria-invalid");
    this.#show("busy", this.#say("busy"), []);
    try {
      this.#tell(given, await verdict(given));
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Absent)) throw error;
      const text = this.#say(error instanceof Absent ? "absent" : "contradiction");
      this.#show("bad", text, [error.message]);
    }
  }

  #tell(given: Given, found: Verdict): void {
    const receipt = given.kind === "receipt" ? given.receipt : null;
    if (found.what === "no-receipt") {
      this.#show("bad", this.#say(`no-receipt-${found.why}`), []);
      return;
    }
    const place = found.place === null ? "" : this.#place(found.place);
    if (found.what === "missing") {
      const evidence = receipt === null ? "missing-tracker" : "missing-evidence";
      this.#show("bad", this.#say("missing"), [this.#say(`missing-${found.why}`, { place }), this.#say(evidence)]);
      return;
    }
    const title = this.#say(found.what, {
      by: found.what === "superseded" ? this.#place(found.by) : "",
    });
    const why = found.what === "set-aside" ? [this.#reason(found.reason)] : [];
    this.#show(found.what === "counted" ? "good" : "warn", title, [
      ...why,
      this.#say(`${found.what}-means`),
    ]);
    this.#showFacts(place, found.tracker, receipt);
    this.#showChecks(receipt !== null, found.what === "superseded");
  }

  #reason(reason: string): string {
    return `${this.words.reasons[reason] ?? reason} (${reason}).`;
  }

  #place({ box, index }: Place): string {
    return this.#say("place", { box: this.words.boxes[box] ?? String(box + 1), index: String(index) });
  }

  #say(name: string, values: Record<string, string> = {}): string {
    const text = this.words.texts[name];
    if (text === undefined) throw new Error(`no words for ${name}`);
    return text.replace(/\{(\w+)\}/g, (_, value: string) => values[value] ?? "");
  }

  #show(mood: "good" | "warn" | "bad" | "busy", title: string, lines: string[]): void {
    const heading = element("h2", title);
    this.#answer.className = `answer ${mood}`;
    this.#answer.replaceChildren(heading, ...lines.map((line) => element("p", line)));
    this.#answer.hidden = false;
    if (mood !== "busy") this.#answer.focus();
  }

  #showFacts(place: string, tracker: string, receipt: ReceiptText | null): void {
    const facts = document.createElement("dl");
    const fact = (name: string, value: string) =>
      facts.append(element("dt", this.#say(name)), element("dd", value));
    fact("fact-place", place);
    fact("fact-tracker", tracker);
    if (receipt !== null) fact("fact-at", localTime(receipt.at));
    this.#answer.append(facts);
  }

  #showChecks(signed: boolean, superseded: boolean): void {
    const names = ["check-documents", "check-checkpoint", "check-inclusion", "check-merge"];
    if (superseded) names.push("check-successor");
    if (signed) names.unshift("check-signature");
    const checks = document.createElement("ul");
    checks.className = "checks";
    checks.append(...names.map((name) => element("li", this.#say(name))));
    this.#answer.append(element("h3", this.#say("checked")), checks);
    if (!signed) this.#answer.append(element("p", this.#say("unsigned")));
  }

  /** Reading a photo needs a reader that the browser brings; else the text is pasted. */
  #offerPhoto(): void {
    const input = this.form.querySelector<HTMLInputElement>("input[type=file]");
    const Reader = window.BarcodeDetector;
    if (input === null || Reader === undefined) return;
    (input.closest(".photo") as HTMLElement).hidden = false;
    input.addEventListener("change", () => void this.#readPhoto(input, new Reader({ formats: ["qr_code"] })));
  }

  async #readPhoto(input: HTMLInputElement, reader: Detector): Promise<void> {
    const file = input.files?.[0];
    if (file === undefined) return;
    let texts: string[] = [];
    try {
      texts = (await reader.detect(await createImageBitmap(file))).map((code) => code.rawValue);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // no picture, or no reader after all
    }
    const text = texts.find((found) => readGiven(found).kind === "receipt");
    if (text === undefined) {
      this.#show("warn", this.#say("no-code"), []);
      return;
    }
    this.#field.value = text;
    await this.#check();
  }
}

async function verdict(given: Given): Promise<Verdict> {
  const election = openElection(await documents());
  if (given.kind === "receipt") return await ofReceipt(election, published, given.receipt);
  if (given.kind === "tracker") return await ofTracker(election, published, given.begins);
  throw new Refused("nothing to check");
}

function localTime(unix: number): string {
  const shown = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  return `${shown.format(unix * 1000)} (${timeText(unix)})`;
}

function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
