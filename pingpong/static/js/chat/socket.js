import { Backoff } from "../backoff.js";
import { urlOf } from "../paths.js";

/** The server leaves, or we were too slow: another connection is welcome now. */
const AT_ONCE = new Set([1001, 4408]);
/** The session has ended, or we may not be here. */
const FOR_GOOD = new Set([4401, 4403, 4404]);
const AT_ONCE_WITHIN_MS = 500;
const STEADY_AFTER_MS = 5_000;
const WATCH_EVERY_MS = 5_000;
const ASK_AFTER_MS = 25_000; // of silence, whether the connection still is one
const DEAD_AFTER_MS = 40_000;

/**
 * One WebSocket of a conversation, kept alive. Each new one asks for what came after the newest message that is known.
 *
 * @typedef {{newestId: () => string, onOpen: () => void, onLost: () => void, onNews: (news: any) => void,
 *   onEnd: (code: number) => void}} Listener
 */
export class ConversationSocket {
  #backoff = new Backoff(500, 10_000);
  #socket = /** @type {WebSocket | null} */ (null);
  #retry = 0;
  #openedAt = 0;
  #heardAt = 0;
  #isOver = false;

  /** @param {string} conversationId @param {Listener} listener */
  constructor(conversationId, listener) {
    this.address = urlOf(`ws/chat/${conversationId}/`).replace(/^http/, "ws");
    this.listener = listener;
    addEventListener("online", () => this.#open());
    addEventListener("offline", () => this.#lose(this.#backoff.next()));
    addEventListener("visibilitychange", () => document.hidden || this.#watch());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#open());
    setInterval(() => this.#watch(), WATCH_EVERY_MS);
    this.#open();
  }

  /** @param {object} message @returns {boolean} whether there is a connection for it */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #open() {
    this.#drop();
    if (this.#isOver) return;
    const socket = new WebSocket(`${this.address}?since=${this.listener.newestId()}`);
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => this.#closed(code);
    this.#socket = socket;
    this.#openedAt = this.#heardAt = Date.now();
  }

  #opened() {
    this.#openedAt = this.#heardAt = Date.now();
    this.listener.onOpen();
  }

  #hear(news) {
    this.#heardAt = Date.now();
    if (news.type !== "pong") this.listener.onNews(news);
  }

  #closed(code) {
    // A connection that is refused is open for a moment, to say why.
    if (Date.now() - this.#openedAt > STEADY_AFTER_MS) this.#backoff.reset();
    this.#isOver = FOR_GOOD.has(code);
    this.#lose(AT_ONCE.has(code) ? Math.random() * AT_ONCE_WITHIN_MS : this.#backoff.next());
    if (this.#isOver) this.listener.onEnd(code);
  }

  /** @param {number} retryInMs */
  #lose(retryInMs) {
    this.#drop();
    this.listener.onLost();
    this.#retry = setTimeout(() => this.#open(), retryInMs);
  }

  #watch() {
    const silentMs = Date.now() - this.#heardAt;
    if (this.#socket && silentMs > DEAD_AFTER_MS) this.#open();
    else if (silentMs > ASK_AFTER_MS) this.send({ type: "ping" });
  }

  #drop() {
    clearTimeout(this.#retry);
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }
}
