/** The heart: it beats with each heartbeat of the scheduler, and goes grey when they stop. */

import { learnTime } from "./clock.js";

/** Two beats and a little: one late beat is no reason to worry anybody. */
const SILENT_AFTER_MS = 7_000;
const BEAT = [{ transform: "scale(1)" }, { transform: "scale(1.3)", offset: 0.25 }, { transform: "scale(1)" }];

const WORDS = { beating: "The heart beats", waiting: "Waiting for a heartbeat" };

const prefersStillness = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {HTMLElement} heart @param {import("./live/news.js").News} news */
export function startHeart(heart, news) {
  let beatAt = Date.now();
  news.on("heartbeat", ({ at, beat }) => {
    beatAt = Date.now();
    learnTime(at);
    heart.dataset.beat = beat;
    show(heart, 0);
    if (!prefersStillness.matches) heart.firstElementChild.animate(BEAT, { duration: 500, easing: "ease-out" });
  });
  setInterval(() => show(heart, Date.now() - beatAt), 1_000);
}

/** @param {HTMLElement} heart @param {number} silentForMs */
function show(heart, silentForMs) {
  const isSilent = silentForMs > SILENT_AFTER_MS;
  const seconds = Math.floor(silentForMs / 1_000);
  heart.dataset.state = isSilent ? "silent" : heart.dataset.beat ? "beating" : "waiting";
  heart.querySelector("[data-field=seconds]").textContent = isSilent ? `${seconds} s` : "";
  const words = WORDS[heart.dataset.state] ?? `No heartbeat for ${seconds} seconds`;
  heart.title = words;
  heart.setAttribute("aria-label", words);
}
