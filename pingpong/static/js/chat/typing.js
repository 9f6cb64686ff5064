/** Who types: saying so, and showing it of others. */

/** The server tells the others once a second, and passes over what comes sooner. */
const TELL_EVERY_MS = 1_100;
const FORGET_AFTER_MS = 5_000;

/** Tells that one types: once a second at most, and the end of it. */
export class OwnTyping {
  #isTold = false;
  #toldAt = -Infinity;
  #timer = 0;

  /** @param {HTMLTextAreaElement} textarea @param {(message: object) => boolean} send */
  constructor(textarea, send) {
    this.textarea = textarea;
    this.send = send;
    textarea.addEventListener("input", () => (textarea.value.trim() ? this.#tellSoon() : this.stop()));
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#isTold) this.send({ type: "typing", is_typing: false });
    this.#isTold = false;
  }

  #tellSoon() {
    this.#timer ||= setTimeout(() => this.#tell(), Math.max(0, this.#toldAt + TELL_EVERY_MS - performance.now()));
  }

  #tell() {
    this.#timer = 0;
    this.#toldAt = performance.now();
    this.#isTold = this.send({ type: "typing", is_typing: true });
  }
}

/** Shows who types, and forgets it by itself. */
export class TypingLine {
  #timers = /** @type {Map<string, number>} */ (new Map());

  /** @param {HTMLElement} line @param {(person: {id: string, username: string}) => string} nameOf */
  constructor(line, nameOf) {
    this.line = line;
    this.nameOf = nameOf;
  }

  /** @param {{id: string, username: string}} person @param {boolean} isTyping */
  show(person, isTyping) {
    const name = this.nameOf(person);
    clearTimeout(this.#timers.get(name));
    if (isTyping) this.#timers.set(name, setTimeout(() => this.show(person, false), FORGET_AFTER_MS));
    else this.#timers.delete(name);
    this.#show([...this.#timers.keys()]);
  }

  /** @param {string[]} names */
  #show(names) {
    const words = names.length > 2 ? `${names.length} people are typing` : `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} typing`;
    this.line.dataset.someone = String(names.length > 0);
    this.line.querySelector("[data-field=who]").textContent = names.length ? words : "";
  }
}
