import { field } from "./entry.js";
import { me } from "./naming.js";

/** @typedef {import("./types.js").Person} Person */

/** The ticks of one's own messages: stored, and read by all. */
export class Receipts {
  #readSeqs = /** @type {Map<string, number>} */ (new Map());

  /** @param {import("./thread.js").Thread} thread @param {Person[]} participants */
  constructor(thread, participants) {
    this.thread = thread;
    this.setPeople(participants);
  }

  /** Somebody has come or gone. @param {Person[]} participants */
  setPeople(participants) {
    const known = this.#readSeqs;
    const others = participants.filter(({ id }) => id !== me);
    this.#readSeqs = new Map(others.map(({ id, read_seq }) => [id, Math.max(read_seq, known.get(id) ?? 0)]));
    this.showAll();
  }

  /** @param {string} personId @param {number} seq the number of the newest message that they have read */
  read(personId, seq) {
    if (!(seq > this.#readSeqs.get(personId))) return;
    this.#readSeqs.set(personId, seq);
    this.showAll();
  }

  /** Those above one that all have read are read by all. */
  showAll() {
    for (const entry of this.thread.entries.reverse()) {
      const wasRead = entry.dataset.receipt === "read";
      if (entry.hasAttribute("data-own") && this.show(entry) === "read" && wasRead) return;
    }
  }

  /** @param {HTMLElement} entry of oneself */
  show(entry) {
    const all = [...this.#readSeqs.values()];
    const readers = all.filter((seq) => seq >= Number(entry.dataset.seq)).length;
    entry.dataset.receipt = all.length && readers === all.length ? "read" : "sent";
    const words = all.length > 1 && readers ? `Read by ${readers} of ${all.length}` : readers ? "Read" : "Sent";
    field(entry, "receipt").textContent = words;
    field(entry, "ticks").title = words;
    return entry.dataset.receipt;
  }
}
