import { arrange } from "./arrange.js";
import { fillEntry, fillText, fillWaiting, makeEntry } from "./entry.js";
import { me } from "./naming.js";

/** @typedef {import("./types.js").Message} Message */

/** The messages of a conversation in the order of their numbers, each once; below them what is not sent yet. */
export class Thread {
  #bySeq = /** @type {Map<number, HTMLElement>} */ (new Map());
  #byId = /** @type {Map<string, HTMLElement>} */ (new Map());
  #waiting = /** @type {Map<string, HTMLElement>} */ (new Map());

  /**
   * @param {HTMLOListElement} list @param {HTMLTemplateElement} template of one entry
   * @param {(sender: {id: string, username: string}) => string} nameOf
   */
  constructor(list, template, nameOf) {
    this.list = list;
    this.template = template;
    this.nameOf = nameOf;
    for (const entry of list.children) this.#remember(entry);
    for (const entry of list.children) arrange(entry);
  }

  /** @returns {HTMLElement[]} oldest first, without what is not sent yet */
  get entries() {
    return [...this.list.children].filter((entry) => entry.dataset.seq);
  }

  /** @returns {HTMLElement | undefined} */
  get newest() {
    let entry = this.list.lastElementChild;
    while (entry && !entry.dataset.seq) entry = entry.previousElementSibling;
    return entry ?? undefined;
  }

  /** @returns {string} the id of the first message that is shown */
  get oldestId() {
    return this.list.firstElementChild?.dataset.id ?? "";
  }

  /** @param {string} id */
  find(id) {
    return this.#byId.get(id);
  }

  /** Show a message where its number belongs. @param {Message} message @returns {HTMLElement | null} null if it was there */
  show(message) {
    if (this.#bySeq.has(message.seq)) return null;
    const isOurs = message.sender.id === me && this.#waiting.has(message.client_id);
    const entry = isOurs ? this.#waiting.get(message.client_id) : makeEntry(this.template);
    if (isOurs) this.#waiting.delete(message.client_id);
    fillEntry(entry, message, this.nameOf(message.sender));
    this.#place(entry);
    this.#remember(entry);
    return entry;
  }

  /** Show what has become of a message; older news of it is passed over. @param {Message} message */
  change(message) {
    const entry = this.find(message.id);
    const isOlder = entry && (message.edited_at ?? "") < entry.dataset.editedAt && !message.deleted_at;
    if (entry && !isOlder && !entry.hasAttribute("data-deleted")) fillText(entry, message);
  }

  /** Show a letter that is on its way. @param {import("./letters.js").Letter} letter @returns {HTMLElement} */
  expect(letter) {
    const entry = makeEntry(this.template);
    fillWaiting(entry, letter);
    this.list.append(entry);
    arrange(entry);
    this.#waiting.set(letter.key, entry);
    return entry;
  }

  /** @param {string} key @returns {HTMLElement | undefined} the letter, while it is on its way */
  waiting(key) {
    return this.#waiting.get(key);
  }

  /** Take a letter back. @param {string} key */
  forget(key) {
    this.#waiting.get(key)?.remove();
    this.#waiting.delete(key);
  }

  /** Name everybody anew. @param {(id: string) => string | undefined} nameOf */
  rename(nameOf) {
    for (const entry of this.entries) {
      const name = nameOf(entry.dataset.sender);
      if (name) entry.querySelector("[data-field=sender]").textContent = name;
    }
  }

  #remember(entry) {
    this.#bySeq.set(Number(entry.dataset.seq), entry);
    this.#byId.set(entry.dataset.id, entry);
  }

  #place(entry) {
    const next = this.#nextOf(entry);
    // An element that is moved loses the focus: leave it where it is right.
    if (!entry.isConnected || entry.nextElementSibling !== next) this.list.insertBefore(entry, next);
    arrange(entry);
    if (entry.nextElementSibling) arrange(entry.nextElementSibling);
  }

  /** Nearly all are new, and the others older than all: look from both ends. @returns {Element | null} */
  #nextOf(entry) {
    const seq = Number(entry.dataset.seq);
    const first = this.list.firstElementChild;
    if (first !== entry && Number(first?.dataset.seq) > seq) return first;
    let next = null;
    for (let one = this.list.lastElementChild; one; one = one.previousElementSibling) {
      if (one !== entry && Number(one.dataset.seq) < seq) break;
      if (one !== entry) next = one;
    }
    return next;
  }
}
