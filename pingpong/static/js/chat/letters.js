/** Messages that are not sent yet, kept for the tab's session: a reload while the server is away loses none. */

import { serverNow } from "../clock.js";
import { newKey } from "../outbox.js";

/** @typedef {{key: string, text: string, at: string, problem?: string}} Letter */

export class Letters {
  /** @param {string} conversationId */
  constructor(conversationId) {
    this.name = `pingpong:chat:outbox:${conversationId}`;
    this.all = this.#stored();
  }

  /** @param {string} text @returns {Letter} */
  write(text) {
    const letter = { key: newKey(), text, at: new Date(serverNow()).toISOString() };
    this.#keep([...this.all, letter]);
    return letter;
  }

  /** @param {string} key @returns {Letter | undefined} */
  find(key) {
    return this.all.find((letter) => letter.key === key);
  }

  /** Note why it was refused, or that it is to be tried again. @param {string} key @param {string} [problem] */
  mark(key, problem) {
    this.#keep(this.all.map((letter) => (letter.key === key ? { ...letter, problem } : letter)));
  }

  /** @param {string} key */
  forget(key) {
    this.#keep(this.all.filter((letter) => letter.key !== key));
  }

  /** @returns {Letter[]} */
  #stored() {
    try {
      return JSON.parse(sessionStorage.getItem(this.name) ?? "[]");
    } catch {
      return []; // Storage is forbidden here: letters live as long as the page.
    }
  }

  #keep(letters) {
    this.all = letters;
    try {
      if (letters.length) sessionStorage.setItem(this.name, JSON.stringify(letters));
      else sessionStorage.removeItem(this.name);
    } catch {
      // As above.
    }
  }
}
