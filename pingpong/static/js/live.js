/**
 * The news of this page, live: `news.on("task", …)`, `news.on("chat", …)`, `news.on("dsp", …)`,
 * `news.on("heartbeat", …)`, `news.on("reset", …)`, `news.on("gap", …)`, `news.on("state", …)`.
 */

import { News } from "./live/news.js";
import { SharedSource } from "./live/sharing.js";
import { Source } from "./live/source.js";

export const news = new News(document.body.dataset.lastEventId ?? "");

/** Connect, after everybody who wants the news has said so. */
export function startLive() {
  if (navigator.locks && globalThis.BroadcastChannel) new SharedSource(news);
  else new Source(news, news); // Plain HTTP on another host has no Web Locks: each tab then has its own source.
}
