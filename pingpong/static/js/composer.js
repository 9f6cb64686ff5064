/** The form: Enter sends, the counter counts what the server counts, an error stands beside the field. */

/** From this part of the greatest length on, a counter that is hidden until then is shown. */
const NEAR = 0.9;

/** Whole characters after trimming, as the server counts them: an emoji is not two. @param {string} text */
const lengthOf = (text) => [...text.trim()].length;

export class Composer {
  /**
   * @param {HTMLFormElement} form
   * @param {(message: string) => void} send
   */
  constructor(form, send) {
    this.form = form;
    this.send = send;
    this.field = form.elements.message;
    this.error = form.querySelector("[data-field=error]");
    this.counter = form.querySelector("[data-field=counter]");
    this.greatestLength = Number(form.dataset.maxLength);
    form.noValidate = true;
    form.addEventListener("submit", (event) => this.#submit(event));
    this.field.addEventListener("keydown", (event) => this.#sendOnEnter(event));
    this.field.addEventListener("input", () => this.#changed());
    this.#count();
  }

  /** Show why a message was refused, and give it back, before what may have been typed since. */
  giveBack(message, problem) {
    this.field.value = [message, this.field.value].filter(Boolean).join("\n");
    this.#count();
    this.#complain(problem);
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const message = this.field.value.trim();
    const problem = this.#problemOf(message);
    this.#complain(problem);
    if (problem) return;
    this.field.value = "";
    this.#count();
    this.send(message);
  }

  /** Shift makes a new line; while an input method composes, Enter is its own. @param {KeyboardEvent} event */
  #sendOnEnter(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #changed() {
    this.#count();
    if (!this.error.hidden) this.#complain(this.#problemOf(this.field.value));
  }

  #problemOf(message) {
    if (lengthOf(message) === 0) return "Write something first.";
    const tooMany = lengthOf(message) - this.greatestLength;
    return tooMany > 0 ? `That is ${tooMany} too many: at most ${this.greatestLength} characters.` : "";
  }

  #complain(problem) {
    this.error.textContent = problem;
    this.error.hidden = !problem;
    this.field.classList.toggle("is-invalid", Boolean(problem));
    this.field.setAttribute("aria-invalid", String(Boolean(problem)));
    if (problem) this.field.focus();
  }

  #count() {
    const length = lengthOf(this.field.value);
    this.counter.textContent = `${length} / ${this.greatestLength}`;
    this.counter.classList.toggle("is-near", length > this.greatestLength * NEAR);
    this.counter.classList.toggle("is-over", length > this.greatestLength);
  }
}
