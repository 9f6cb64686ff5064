/** The connection badge: live, reconnecting or offline. */

const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting", offline: "Offline" };

/** @param {HTMLElement} badge @param {import("./live/news.js").News} news */
export function startBadge(badge, news) {
  const show = (state) => {
    badge.dataset.state = state;
    badge.querySelector("[data-field=state]").textContent = WORDS[state];
  };
  news.on("state", show);
  show(news.state);
}
