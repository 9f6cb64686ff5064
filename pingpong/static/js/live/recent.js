import { isAfter } from "./position.js";

/** @typedef {{name: string, id: string, data: any}} LiveEvent */

/** The newest events, for a tab that says which one it saw last. Bounded: a tab may stay open for weeks. */
export class RecentEvents {
  #events = /** @type {LiveEvent[]} */ ([]);
  #completeSince;
  #limit;

  /** @param {string} completeSince the id after which everything is here; empty when it is not known */
  constructor(completeSince, limit = 500) {
    this.#completeSince = completeSince;
    this.#limit = limit;
  }

  /** @param {LiveEvent} event */
  add(event) {
    this.#completeSince ||= event.id; // A stream that began with it leaves nothing out.
    this.#events.push(event);
    if (this.#events.length > this.#limit) this.#completeSince = this.#events.shift().id;
  }

  /** @param {string} position */
  restart(position) {
    this.#events = [];
    this.#completeSince = position;
  }

  /** What came after `position`; null when that is no longer known. @param {string} position */
  after(position) {
    if (!position || !this.#completeSince || isAfter(this.#completeSince, position)) return null;
    return this.#events.filter((event) => isAfter(event.id, position));
  }
}
