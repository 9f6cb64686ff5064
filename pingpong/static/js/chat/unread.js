import { arrange } from "./arrange.js";

/** The line above the first message that came while one did not look. */
export class UnreadLine {
  #entry = /** @type {HTMLElement | undefined} */ (undefined);

  /** @param {import("./thread.js").Thread} thread */
  constructor(thread) {
    this.#entry = thread.entries.find((entry) => !lineOf(entry).hidden);
  }

  /** @returns {HTMLElement | undefined} */
  get element() {
    return this.#entry && lineOf(this.#entry);
  }

  /** Draw it above this message. It stays when all is read, for whoever wants to read from there. @param {HTMLElement} entry */
  drawAbove(entry) {
    this.#move(entry);
  }

  /** Whoever answers has read. */
  clear() {
    this.#move(undefined);
  }

  #move(entry) {
    const moved = [this.#entry, entry].filter(Boolean);
    this.#entry = entry;
    for (const one of moved) {
      lineOf(one).hidden = one !== entry;
      arrange(one);
    }
  }
}

/** @param {HTMLElement} entry @returns {HTMLElement} */
const lineOf = (entry) => entry.querySelector(".unread-line");
