/** Says new pongs to screen readers: politely, and many at once as one sentence. */

const AT_MOST_EVERY_MS = 2_000;

export class Announcer {
  #waiting = /** @type {string[]} */ ([]);
  #timer = 0;

  /** @param {HTMLElement} region with `aria-live` */
  constructor(region) {
    this.region = region;
  }

  /** @param {string} text */
  say(text) {
    this.#waiting.push(text);
    this.#timer ||= setTimeout(() => this.#speak(), this.region.textContent ? AT_MOST_EVERY_MS : 0);
  }

  #speak() {
    const texts = this.#waiting.splice(0);
    this.region.textContent = texts.length > 1 ? `${texts.length} new pongs. The last: ${texts.at(-1)}` : texts[0];
    this.#timer = 0;
  }
}
