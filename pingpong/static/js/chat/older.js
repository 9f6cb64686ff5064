import { readMessages } from "./api.js";

/** Begin to read before the end is seen. */
const AHEAD = "600px 0px 0px";

/** Older messages, read as one scrolls up to them. */
export class Older {
  #isReading = false;

  /**
   * @param {HTMLElement} place above the oldest message @param {HTMLElement} scroller @param {string} conversationId
   * @param {import("./thread.js").Thread} thread @param {(message: import("./types.js").Message) => void} show
   */
  constructor(place, scroller, conversationId, thread, show) {
    Object.assign(this, { place, conversationId, thread, show });
    this.observer = new IntersectionObserver((seen) => seen.at(-1).isIntersecting && this.#read(), {
      root: scroller,
      rootMargin: AHEAD,
    });
    this.#say("");
    this.observer.observe(place);
  }

  async #read() {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      this.#say("Reading older messages …");
      const { items, next } = await readMessages(this.conversationId, this.thread.oldestId, (ms) => this.#wait(ms));
      for (const message of items) this.show(message);
      this.#say(next ? "" : "This is where it begins.");
      this.observer.unobserve(this.place);
      if (next) this.observer.observe(this.place); // It tells again if it is still in view.
    } catch (error) {
      this.#say(`Older messages cannot be read: ${error.message}`);
    } finally {
      this.#isReading = false;
    }
  }

  /** @param {number} ms */
  #wait(ms) {
    this.#say(`Older messages come in ${Math.ceil(ms / 1_000)} s.`);
  }

  #say(words) {
    this.place.textContent = words;
  }
}
