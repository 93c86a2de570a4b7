/**
 * The count step by step. The list of steps is the page itself; with a browser that runs this,
 * buttons walk through it: what comes later is hidden, and the money bar fills up.
 */

const PAUSE = 1400; // milliseconds a step stands while it plays

export function countPlayers(): void {
  document.querySelectorAll<HTMLElement>("[data-count]").forEach((section) => new Player(section).start());
}

class Player {
  readonly #steps: HTMLElement[];
  readonly #parts: SVGElement[];
  readonly #said: HTMLElement;
  readonly #play: HTMLButtonElement;
  #at: number;
  #timer: number | undefined;

  constructor(private readonly section: HTMLElement) {
    this.#steps = [...section.querySelectorAll<HTMLElement>("li[data-step]")];
    this.#parts = [...section.querySelectorAll<SVGElement>("svg [data-step]")];
    this.#said = section.querySelector("[data-said]") as HTMLElement;
    this.#play = this.#button("play");
    this.#at = this.#steps.length;
  }

  start(): void {
    if (this.#steps.length === 0) return;
    (this.section.querySelector("[data-player]") as HTMLElement).hidden = false;
    this.#button("first").addEventListener("click", () => this.#halt(() => this.#go(0)));
    this.#button("back").addEventListener("click", () => this.#halt(() => this.#go(this.#at - 1)));
    this.#button("next").addEventListener("click", () => this.#halt(() => this.#go(this.#at + 1)));
    this.#button("last").addEventListener("click", () => this.#halt(() => this.#go(this.#steps.length)));
    this.#play.addEventListener("click", () => (this.#timer === undefined ? this.#run() : this.#halt()));
    this.#go(this.#at);
  }

  #button(name: string): HTMLButtonElement {
    return this.section.querySelector(`button[data-do="${name}"]`) as HTMLButtonElement;
  }

  #run(): void {
    if (this.#at >= this.#steps.length) this.#go(0);
    this.#timer = window.setInterval(() => {
      this.#go(this.#at + 1);
      if (this.#at >= this.#steps.length) this.#halt();
    }, PAUSE);
    this.#label(true);
  }

  #halt(then: () => void = () => {}): void {
    window.clearInterval(this.#timer);
    this.#timer = undefined;
    this.#label(false);
    then();
  }

  #label(playing: boolean): void {
    const { pause = "", play = "" } = this.#play.dataset;
    this.#play.textContent = playing ? pause : play;
    this.section.classList.toggle("playing", playing);
  }

  /** Show the first `at` steps. */
  #go(at: number): void {
    this.#at = Math.min(Math.max(at, 0), this.#steps.length);
    this.#steps.forEach((step, i) => {
      step.hidden = i >= this.#at;
      if (i === this.#at - 1) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
    this.#parts.forEach((part) => part.classList.toggle("later", Number(part.dataset.step) > this.#at));
    const current = this.#steps[this.#at - 1];
    this.#said.textContent = `${this.#at} / ${this.#steps.length}. ${current?.dataset.say ?? ""}`;
    this.#button("first").disabled = this.#button("back").disabled = this.#at === 0;
    this.#button("next").disabled = this.#button("last").disabled = this.#at === this.#steps.length;
  }
}
