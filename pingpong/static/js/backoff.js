/** Waiting times that double up to a limit, each with jitter so that browsers do not all come back at once. */
export class Backoff {
  #failures = 0;

  /** @param {number} firstMs @param {number} longestMs */
  constructor(firstMs, longestMs) {
    this.firstMs = firstMs;
    this.longestMs = longestMs;
  }

  /** The time to wait now: between half of it and all of it. */
  next() {
    const whole = Math.min(this.longestMs, this.firstMs * 2 ** this.#failures++);
    return whole * (0.5 + Math.random() / 2);
  }

  reset() {
    this.#failures = 0;
  }
}
