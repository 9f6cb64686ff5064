/** Near enough to the end of a thread to see what comes. */
const NEAR_PX = 60;

/**
 * The place in a thread. The list is laid out from its end (`column-reverse`), so that without us it begins there and
 * stays there, and what is put above moves nothing; `scrollTop` counts down from 0 at the end.
 */
export class Scroll {
  #missed = 0;

  /** @param {HTMLElement} scroller @param {HTMLButtonElement} button leads to the end @param {() => void} onEnd */
  constructor(scroller, button, onEnd) {
    this.scroller = scroller;
    this.button = button;
    scroller.addEventListener("scroll", () => this.#show(onEnd), { passive: true });
    button.addEventListener("click", () => this.toEnd());
  }

  /** Whether the newest message is in view. */
  get isAtEnd() {
    return this.scroller.clientHeight > 0 && Math.abs(this.scroller.scrollTop) < NEAR_PX;
  }

  toEnd() {
    this.scroller.scrollTop = 0;
  }

  /** Bring the line of what is unread into view, if there is one. @param {HTMLElement | undefined} line */
  toLine(line) {
    line?.scrollIntoView({ block: "center" });
  }

  /** Add something at the end; who reads further up stays there. @param {() => boolean} add whether it counts as missed */
  keep(add) {
    const anchor = this.isAtEnd ? undefined : this.#firstInView();
    const topBefore = topOf(anchor);
    const isMissed = add();
    if (!anchor) return;
    this.scroller.scrollTop += topOf(anchor) - topBefore;
    this.#missed += isMissed ? 1 : 0;
    this.#show();
  }

  #firstInView() {
    const top = topOf(this.scroller);
    return [...this.scroller.querySelectorAll(".entry")].find((entry) => entry.getBoundingClientRect().bottom > top);
  }

  #show(onEnd = () => {}) {
    if (this.isAtEnd) {
      this.#missed = 0;
      onEnd();
    }
    this.button.hidden = this.isAtEnd;
    this.button.querySelector("[data-field=count]").textContent = this.#missed ? `${this.#missed} new` : "Newest";
  }
}

/** @param {Element | undefined} element */
const topOf = (element) => element?.getBoundingClientRect().top ?? 0;
