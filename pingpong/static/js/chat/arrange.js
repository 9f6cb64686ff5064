/** What stands above a message: the day, and who says it unless they just go on. By the reader's calendar. */

import { dayOf } from "../times.js";

const PAUSE_MS = 5 * 60_000;

/** Put right what follows from the message before it. @param {HTMLElement} entry */
export function arrange(entry) {
  const before = entry.previousElementSibling;
  const beginsDay = !before || dayOf(before.dataset.sentAt) !== dayOf(entry.dataset.sentAt);
  const isBelowLine = !entry.querySelector(".unread-line").hidden;
  entry.querySelector(".day").hidden = !beginsDay;
  entry.toggleAttribute("data-continues", !beginsDay && !isBelowLine && goesOn(before, entry));
}

/** @param {HTMLElement} before @param {HTMLElement} entry */
function goesOn(before, entry) {
  const pauseMs = Date.parse(entry.dataset.sentAt) - Date.parse(before.dataset.sentAt);
  return before.dataset.sender === entry.dataset.sender && pauseMs < PAUSE_MS;
}
