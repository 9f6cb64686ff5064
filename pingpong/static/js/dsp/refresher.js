/** Reads the page anew and takes over what has changed in it, as often as there is reason to, but not more often. */

import { localiseTimes } from "../times.js";
import { morph } from "./morph.js";

const AT_MOST_EVERY_MS = 1_000;
const SILENT_AFTER_MS = 15_000;

export class Refresher {
  #isDue = false;
  #timer = 0;
  #readAt = -Infinity;

  /** @param {() => void} onRead called after what is shown may have changed */
  constructor(onRead) {
    this.onRead = onRead;
    addEventListener("visibilitychange", () => this.#schedule());
  }

  /** What is shown may be old. While nobody looks, nothing is read. */
  ask() {
    this.#isDue = true;
    this.#schedule();
  }

  #schedule() {
    if (!this.#isDue || this.#timer || document.hidden) return;
    const waitMs = Math.max(0, this.#readAt + AT_MOST_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => this.#read(), waitMs);
  }

  async #read() {
    if (!document.hidden) {
      this.#isDue = false;
      this.#readAt = performance.now();
      // What cannot be read now is read with the next news, and in half a minute without any.
      await readPage().then(this.onRead, () => {});
    }
    this.#timer = 0;
    this.#schedule();
  }
}

/** Take over the marked regions of this page as the server has it now. */
async function readPage() {
  const response = await fetch(location.href, {
    headers: { Accept: "text/html", "X-Requested-With": "fetch" }, // What is said once is for those who open the page.
    signal: AbortSignal.timeout(SILENT_AFTER_MS),
  });
  if (response.redirected) location.reload(); // The login has ended: the server says where to go.
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  const wanted = new DOMParser().parseFromString(await response.text(), "text/html");
  localiseTimes(wanted);
  for (const region of document.querySelectorAll("[data-live]")) {
    const next = wanted.querySelector(`[data-live="${region.dataset.live}"]`);
    if (next) morph(region, next);
  }
}
