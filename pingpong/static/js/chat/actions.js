import { serverNow } from "../clock.js";
import { deleteMessage, editMessage } from "./api.js";
import { field } from "./entry.js";
import { Editor } from "./editor.js";

const LOOK_EVERY_MS = 5_000;
const SURE = "Delete for everybody?";

/** Editing and deleting one's own messages, for as long as that is possible. */
export class Actions {
  /**
   * @param {string} conversationId @param {import("./thread.js").Thread} thread @param {number} withinMs
   * @param {(problem: string) => void} complain
   */
  constructor(conversationId, thread, withinMs, complain) {
    Object.assign(this, { conversationId, thread, withinMs, complain });
    this.menu = document.getElementById("actions");
    thread.list.addEventListener("click", ({ target }) => this.#act(target.closest("[data-act]")));
    thread.list.addEventListener("keydown", (event) => event.key === "Escape" && closeMenuAround(event.target));
    document.addEventListener("click", ({ target }) => this.#closeOthers(target.closest(".message-menu")));
    for (const entry of thread.entries) this.offer(entry);
    setInterval(() => this.#withdraw(), LOOK_EVERY_MS);
  }

  /** Put the menu beside a message that is still open to change. @param {HTMLElement} entry */
  offer(entry) {
    if (!this.#mayChange(entry) || entry.querySelector(".message-menu")) return;
    entry.querySelector(".message").after(this.menu.content.cloneNode(true));
  }

  /** Edit one's newest message, as the arrow up does. @returns {boolean} whether there is one */
  editNewest() {
    const entry = this.thread.entries.reverse().find((one) => this.#mayChange(one));
    if (entry) this.#edit(entry);
    return Boolean(entry);
  }

  #mayChange(entry) {
    const isOpen = serverNow() - Date.parse(entry.dataset.sentAt) < this.withinMs;
    return isOpen && entry.dataset.seq && entry.hasAttribute("data-own") && !entry.hasAttribute("data-deleted");
  }

  #withdraw() {
    for (const menu of this.thread.list.querySelectorAll(".message-menu"))
      if (!this.#mayChange(menu.closest(".entry"))) menu.remove();
  }

  /** @param {HTMLButtonElement | null} button */
  #act(button) {
    const entry = button?.closest(".entry");
    if (button?.dataset.act === "edit") this.#edit(entry);
    if (button?.dataset.act === "delete") this.#delete(button, entry);
  }

  #edit(entry) {
    closeMenuAround(field(entry, "text"));
    new Editor(entry, async (text) => this.thread.change(await editMessage(this.conversationId, entry.dataset.id, text)));
  }

  /** The first press asks, the second does it. */
  async #delete(button, entry) {
    if (button.textContent !== SURE) {
      button.textContent = SURE;
      return;
    }
    entry.querySelector(".message-menu").remove();
    document.getElementById("message").focus();
    // What becomes of it is told on the socket, as to everybody.
    await deleteMessage(this.conversationId, entry.dataset.id).catch(({ message }) => this.complain(message));
  }

  #closeOthers(menu) {
    for (const other of this.thread.list.querySelectorAll(".message-menu[open]")) if (other !== menu) close(other);
  }
}

/** @param {HTMLElement} element */
function closeMenuAround(element) {
  const menu = element.closest(".entry")?.querySelector(".message-menu[open]");
  if (!menu) return;
  close(menu);
  menu.querySelector("summary").focus();
}

/** @param {HTMLDetailsElement} menu */
function close(menu) {
  menu.open = false;
  menu.querySelector("[data-act=delete]").textContent = "Delete";
}
