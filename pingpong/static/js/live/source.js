import { Backoff } from "../backoff.js";
import { urlOf } from "../paths.js";

const EVENT_NAMES = ["task", "chat", "dsp", "heartbeat", "gap", "reset"];
/** Named one by one: if somebody else has logged in since, this page does not hear their news. */
const { visitor, isAdmin } = document.body.dataset;
const TOPICS = ["task", "heartbeat", ...(visitor ? [`user:${visitor}`] : []), ...(isAdmin ? ["administrators"] : [])];
const SILENT_AFTER_MS = 45_000; // Beats come every 3 s: after this the connection is dead, whatever it says.
const OFFLINE_AFTER_MS = 10_000;
const SHUTDOWN_JITTER_MS = 500;

/**
 * One EventSource, kept alive. The browser's own reconnecting is not enough: it gives up for good on a 502 or
 * 503, and it does not know what this tab has seen from another tab.
 */
export class Source {
  #backoff = new Backoff(1_000, 10_000);
  #heardAt = 0;
  #downSince = 0;
  #retry = 0;
  #events = /** @type {EventSource | null} */ (null);
  #closed = new AbortController();

  /**
   * @param {import("./news.js").News} news
   * @param {{receive: (event: import("./recent.js").LiveEvent) => void,
   *   changeState: (state: import("./news.js").ConnectionState) => void}} listener
   */
  constructor(news, listener) {
    this.news = news;
    this.listener = listener;
    const { signal } = this.#closed;
    addEventListener("online", () => this.#open(), { signal });
    addEventListener("offline", () => this.#lose(), { signal });
    const watch = setInterval(() => this.#watch(), 5_000);
    signal.addEventListener("abort", () => clearInterval(watch));
    this.#open();
  }

  close() {
    this.#closed.abort();
    this.#disconnect();
  }

  #open() {
    this.#disconnect();
    this.#heardAt = Date.now();
    const { position } = this.news;
    const query = new URLSearchParams(position && { last_event_id: position });
    query.set("topics", TOPICS.join(","));
    const events = new EventSource(urlOf(`events/?${query}`));
    events.onopen = () => this.#opened(position);
    events.onerror = () => this.#lose();
    for (const name of EVENT_NAMES) events.addEventListener(name, (event) => this.#hear(event));
    events.addEventListener("shutdown", () => this.#moveOn());
    this.#events = events;
  }

  /**
   * What has no id is never replayed. Without a position nothing is, and what is shown may be older than the stream.
   * @param {string} position
   */
  #opened(position) {
    this.#downSince = 0;
    this.#backoff.reset();
    this.listener.changeState("live");
    this.listener.receive({ name: "gap", id: "", data: {} });
    if (!position) this.listener.receive({ name: "reset", id: "", data: {} });
  }

  /** @param {MessageEvent} event */
  #hear(event) {
    this.#heardAt = Date.now();
    this.listener.receive({ name: event.type, id: event.lastEventId, data: JSON.parse(event.data) });
  }

  /** This web process leaves: another takes us at once, though not everybody in the same moment. */
  #moveOn() {
    this.#disconnect();
    this.#retry = setTimeout(() => this.#open(), Math.random() * SHUTDOWN_JITTER_MS);
  }

  #lose() {
    this.#disconnect();
    this.#downSince ||= Date.now();
    const isOffline = !navigator.onLine || Date.now() - this.#downSince > OFFLINE_AFTER_MS;
    this.listener.changeState(isOffline ? "offline" : "reconnecting");
    this.#retry = setTimeout(() => this.#open(), this.#backoff.next());
  }

  #watch() {
    if (this.#events && Date.now() - this.#heardAt > SILENT_AFTER_MS) this.#open();
  }

  #disconnect() {
    clearTimeout(this.#retry);
    this.#events?.close();
    this.#events = null;
  }
}
