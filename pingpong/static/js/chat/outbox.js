import { Backoff } from "../backoff.js";
import { showStatus } from "./entry.js";
import { Letters } from "./letters.js";

const UNSENT = "Not sent yet, trying again";
/** What passes by itself: these are tried again without asking. */
const TEMPORARY = new Set(["too_many_messages", "unavailable"]);

/**
 * One's own messages on their way: shown before the server has answered, sent again after every loss of the
 * connection. Each has a key, by which the server knows one that it is sent twice.
 */
export class Outbox {
  #backoff = new Backoff(2_000, 15_000);

  /** @param {string} conversationId @param {import("./thread.js").Thread} thread @param {(message: object) => boolean} send */
  constructor(conversationId, thread, send) {
    this.letters = new Letters(conversationId);
    this.thread = thread;
    this.send = send;
    for (const letter of this.letters.all) this.#show(letter);
    thread.list.addEventListener("click", ({ target }) => this.#act(target.closest("[data-act]")));
  }

  /** @param {string} text */
  post(text) {
    const letter = this.letters.write(text);
    this.#show(letter);
    this.#send(letter);
  }

  /** There is a connection, maybe a new one: the answers to what was sent before may be lost. */
  sendAll() {
    for (const letter of this.letters.all) if (!letter.problem) this.#send(letter);
  }

  /** There is no connection. */
  hold() {
    for (const letter of this.letters.all) if (!letter.problem) this.#showStatus(letter, "unsent", UNSENT);
  }

  /** The server has stored it. @param {string | null} key */
  confirm(key) {
    if (!this.letters.find(key)) return;
    this.letters.forget(key);
    this.thread.forget(key); // It may have been there before: the answer of the first time was lost.
    this.#backoff.reset();
  }

  /** The server says no. @param {{client_id?: string, code: string, message: string}} error @returns {boolean} for good */
  refuse({ client_id: key, code, message }) {
    const letter = this.letters.find(key);
    if (!letter) return false;
    if (TEMPORARY.has(code)) {
      this.#showStatus(letter, "unsent", UNSENT);
      setTimeout(() => this.letters.find(key) && this.#send(letter), this.#backoff.next());
      return false;
    }
    this.letters.mark(key, message);
    this.#show(this.letters.find(key));
    return true;
  }

  /** @param {HTMLElement | null} button */
  #act(button) {
    const { key } = button?.closest(".entry").dataset ?? {};
    if (!key) return;
    if (button.dataset.act === "retry") this.#retry(key);
    if (button.dataset.act === "discard") this.#discard(key);
  }

  #retry(key) {
    this.letters.mark(key);
    this.#send(this.letters.find(key));
  }

  #discard(key) {
    this.letters.forget(key);
    this.thread.forget(key);
  }

  #send(letter) {
    const isSent = this.send({ type: "message", text: letter.text, client_id: letter.key });
    if (isSent) this.#showStatus(letter, "sending");
    else this.#showStatus(letter, "unsent", UNSENT);
  }

  #show(letter) {
    if (!this.thread.waiting(letter.key)) this.thread.expect(letter);
    if (letter.problem) this.#showStatus(letter, "refused", `Not sent: ${letter.problem}`);
    else this.#showStatus(letter, "sending");
  }

  #showStatus({ key }, status, problem) {
    showStatus(this.thread.waiting(key), status, problem);
  }
}
