const TELL_EVERY_MS = 1_000;

/** Tells what one has read: only what is in view on a page that is seen, at most once a second, only the newest. */
export class Reading {
  #toldSeq;
  #toldAt = -Infinity;
  #timer = 0;

  /**
   * @param {import("./thread.js").Thread} thread @param {import("./scroll.js").Scroll} scroll
   * @param {(message: object) => boolean} send @param {number} readSeq the newest that counts as read
   */
  constructor(thread, scroll, send, readSeq) {
    this.thread = thread;
    this.scroll = scroll;
    this.send = send;
    this.readSeq = this.#toldSeq = readSeq;
    addEventListener("visibilitychange", () => this.update());
  }

  /** Whether what comes now is seen as it comes. */
  get isOn() {
    return !document.hidden && this.scroll.isAtEnd;
  }

  /** Whether one has read up to here. @param {number} seq */
  hasRead(seq) {
    return Math.max(this.readSeq, this.#toldSeq) >= seq;
  }

  /** The server counts this as read. @param {number} seq */
  learn(seq) {
    this.readSeq = Math.max(this.readSeq, seq);
  }

  /** There is a new connection: what was told on the old one may not have arrived. */
  retell() {
    this.#toldSeq = this.readSeq;
    this.update();
  }

  /** Something may have come into view. */
  update() {
    if (!this.isOn || this.#timer) return;
    this.#timer = setTimeout(() => this.#tell(), Math.max(0, this.#toldAt + TELL_EVERY_MS - performance.now()));
  }

  #tell() {
    this.#timer = 0;
    const { seq, id } = this.thread.newest?.dataset ?? {};
    if (!this.isOn || !seq || this.hasRead(Number(seq))) return;
    if (!this.send({ type: "read", message_id: id })) return;
    this.#toldSeq = Number(seq);
    this.#toldAt = performance.now();
  }
}
