import { isAfter } from "./position.js";
import { RecentEvents } from "./recent.js";

/** @typedef {import("./recent.js").LiveEvent} LiveEvent */
/** @typedef {"connecting" | "live" | "reconnecting" | "offline"} ConnectionState */

/** News of the moment: it has no place in the order and is never repeated. */
const PASSING = new Set(["heartbeat", "chat", "dsp", "gap"]);

/** What a tab knows of the news: it passes each event on once, in order, and remembers where it stands. */
export class News {
  #listeners = new Map();
  #recent;
  position;
  /** @type {ConnectionState} */
  state = "connecting";

  /** @param {string} position the id that the page was rendered with; empty when there was none */
  constructor(position) {
    this.position = position;
    this.#recent = new RecentEvents(position);
  }

  /**
   * @param {string} name `task`, `chat`, `dsp`, `heartbeat`, `reset` (reload what you show), `gap` (news of the
   *   moment may have been lost: read again what comes as such) or `state` (of the connection)
   * @param {(data: any) => void} listener
   */
  on(name, listener) {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  /** Take an event. Returns whether it was new to this tab. @param {LiveEvent} event */
  receive(event) {
    if (event.name === "reset") this.#restart(event.id);
    else if (PASSING.has(event.name)) this.#catchUpWith(event.id);
    else if (isAfter(event.id, this.position)) this.#remember(event);
    else return false;
    this.#tell(event.name, event.data);
    return true;
  }

  /** What a tab that stands at `position` has missed; null when this tab cannot know. @param {string} position */
  after(position) {
    return this.#recent.after(position);
  }

  /** @param {ConnectionState} state */
  changeState(state) {
    if (state === this.state) return;
    this.state = state;
    this.#tell("state", state);
  }

  /** @param {string} position */
  #restart(position) {
    this.position = position;
    this.#recent.restart(position);
  }

  /** A beat carries the newest id of its stream: on a quiet day the only way to learn it. @param {string} position */
  #catchUpWith(position) {
    if (!this.position && position) this.#restart(position);
    else if (isAfter(position, this.position)) this.position = position;
  }

  /** @param {LiveEvent} event */
  #remember(event) {
    this.position = event.id;
    this.#recent.add(event);
  }

  #tell(name, data) {
    for (const listener of this.#listeners.get(name) ?? []) listener(data);
  }
}
