/** Says what is new to screen readers: politely, and many at once as one sentence. */

const AT_MOST_EVERY_MS = 2_000;

export class Announcer {
  #waiting = /** @type {string[]} */ ([]);
  #timer = 0;

  /** @param {HTMLElement} region with `aria-live` @param {string} what the news is, in the plural */
  constructor(region, what = "pongs") {
    this.region = region;
    this.what = what;
  }

  /** @param {string} text */
  say(text) {
    this.#waiting.push(text);
    this.#timer ||= setTimeout(() => this.#speak(), this.region.textContent ? AT_MOST_EVERY_MS : 0);
  }

  #speak() {
    const texts = this.#waiting.splice(0);
    this.region.textContent = texts.length > 1 ? `${texts.length} new ${this.what}. The last: ${texts.at(-1)}` : texts[0];
    this.#timer = 0;
  }
}
