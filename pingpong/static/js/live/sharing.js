import { Source } from "./source.js";

/** Tabs of different people, or of the same before and after a login, share nothing. */
const NAME = `pingpong:live:${document.body.dataset.visitor}`;
const PATIENCE_MS = 3_000;
const SILENT_AFTER_MS = 20_000;

/**
 * One EventSource for all tabs of a browser, which opens at most six connections to a host over HTTP/1.1.
 *
 * The tab that holds the lock leads: it has the source and passes its events on. A follower says `hello` with the
 * id that it saw last, and `welcome` brings what it missed; until then it listens to nothing, so the order holds.
 * When the leader closes, the browser gives the lock to the next tab, which goes on from the last id it saw.
 */
export class SharedSource {
  #channel = new BroadcastChannel(NAME);
  #me = crypto.getRandomValues(new Uint32Array(2)).join("-");
  #queue = new AbortController();
  #source = /** @type {Source | null} */ (null);
  #leader = "";
  #heardAt = 0;
  #patience = 0;

  /** @param {import("./news.js").News} news */
  constructor(news) {
    this.news = news;
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    addEventListener("visibilitychange", () => document.hidden || this.#greet());
    setInterval(() => this.#watch(), SILENT_AFTER_MS / 2);
    this.#queueUp();
    this.#greet();
  }

  #queueUp() {
    this.#queue = new AbortController();
    this.#hold({ signal: this.#queue.signal });
  }

  /** @param {LockOptions} options */
  async #hold(options) {
    try {
      await navigator.locks.request(NAME, options, () => this.#lead());
    } catch (error) {
      if (error.name !== "AbortError") throw error;
      if (this.#source) this.#stepDown();
    }
  }

  /** Holds the lock until this tab closes, or until another takes it. */
  #lead() {
    clearTimeout(this.#patience);
    this.#source = new Source(this.news, {
      receive: (event) => this.news.receive(event) && this.#say({ type: "event", event }),
      changeState: (state) => {
        this.news.changeState(state);
        this.#say({ type: "state", state });
      },
    });
    this.#say({ type: "leader" });
    return new Promise(() => {});
  }

  #stepDown() {
    this.#source.close();
    this.#source = null;
    this.#queueUp();
    this.#greet();
  }

  #greet() {
    if (this.#source) return;
    this.#leader = "";
    this.#say({ type: "hello", position: this.news.position });
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#takeOver(), PATIENCE_MS * (1 + Math.random()));
  }

  /** The leader does not answer: some systems suspend tabs in the background, and such a tab keeps its lock. */
  #takeOver() {
    this.#queue.abort();
    this.#hold({ steal: true });
  }

  #watch() {
    if (!document.hidden && Date.now() - this.#heardAt > SILENT_AFTER_MS) this.#greet();
  }

  #hear(message) {
    this.#heardAt = Date.now();
    if (message.type === "hello") this.#source && this.#welcome(message);
    else if (message.type === "leader") this.#greet();
    else if (message.type === "welcome") message.to === this.#me && this.#settle(message);
    else if (message.from !== this.#leader) return; // A tab that has just lost the lead may not know it yet.
    else if (message.type === "event") this.news.receive(message.event);
    else if (message.type === "state") this.news.changeState(message.state);
  }

  #welcome({ from, position }) {
    const { news } = this;
    this.#say({ type: "welcome", to: from, missed: news.after(position), position: news.position, state: news.state });
  }

  #settle({ from, missed, position, state }) {
    clearTimeout(this.#patience);
    this.#leader = from;
    this.news.changeState(state);
    for (const event of missed ?? [{ name: "reset", id: position, data: {} }]) this.news.receive(event);
    this.news.receive({ name: "gap", id: "", data: {} });
  }

  #say(message) {
    this.#channel.postMessage({ ...message, from: this.#me });
  }
}
