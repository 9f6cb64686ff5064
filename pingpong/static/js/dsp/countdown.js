/** Seconds that count down by themselves: `<span data-countdown-s="12.5">13 s</span>`. */

const EVERY_MS = 500;

/** @returns {() => void} to be called when the server has written them anew */
export function startCountdowns() {
  let writtenAt = performance.now();
  const show = () => {
    for (const element of document.querySelectorAll("[data-countdown-s]")) {
      const leftS = Number(element.dataset.countdownS) - (performance.now() - writtenAt) / 1_000;
      const text = `${Math.max(0, Math.ceil(leftS))} s`;
      if (element.textContent !== text) element.textContent = text;
    }
  };
  setInterval(show, EVERY_MS);
  return () => {
    writtenAt = performance.now();
    show();
  };
}
