import { field } from "./entry.js";

/** A message as a field, in its place: Enter saves, Escape does not. */
export class Editor {
  /** @param {HTMLElement} entry @param {(text: string) => Promise<void>} save */
  constructor(entry, save) {
    if (entry.querySelector(".message-editor")) return;
    this.entry = entry;
    this.save = save;
    this.form = document.getElementById("editor").content.firstElementChild.cloneNode(true);
    this.textarea = this.form.elements.text;
    this.textarea.value = field(entry, "text").textContent;
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.form.addEventListener("keydown", (event) => this.#key(event));
    this.form.querySelector("[data-act=cancel]").addEventListener("click", () => this.#close());
    entry.querySelector(".message").append(this.form);
    entry.toggleAttribute("data-editing", true);
    this.textarea.focus();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    try {
      await this.save(this.textarea.value.trim());
      this.#close();
    } catch (error) {
      this.#complain(error.message);
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") this.#close();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.target !== this.textarea) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #complain(problem) {
    const line = this.form.querySelector(".field-problem");
    line.textContent = problem;
    line.hidden = false;
  }

  #close() {
    this.form.remove();
    this.entry.toggleAttribute("data-editing", false);
    document.getElementById("message").focus();
  }
}
