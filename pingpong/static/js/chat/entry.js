/** One message on the page: the markup is the server's, this fills its fields. Text is only ever set as text. */

import { showTime } from "../times.js";
import { me } from "./naming.js";

/** @typedef {import("./types.js").Message} Message */

/** @param {HTMLTemplateElement} template @returns {HTMLElement} */
export const makeEntry = (template) => template.content.firstElementChild.cloneNode(true);

/** @param {HTMLElement} entry @param {Message} message @param {string} name of the sender */
export function fillEntry(entry, message, name) {
  entry.dataset.id = message.id;
  entry.dataset.seq = String(message.seq);
  entry.dataset.sender = message.sender.id;
  entry.dataset.sentAt = message.sent_at;
  delete entry.dataset.key;
  delete entry.dataset.status;
  entry.toggleAttribute("data-own", message.sender.id === me);
  field(entry, "sender").textContent = name;
  entry.querySelector(".message-problem").hidden = true;
  for (const time of entry.querySelectorAll("time")) showTime(time, message.sent_at);
  fillText(entry, message);
}

/** What an edit or a deletion changes. @param {HTMLElement} entry @param {Message} message */
export function fillText(entry, { text, edited_at, deleted_at }) {
  entry.dataset.editedAt = edited_at ?? "";
  entry.toggleAttribute("data-deleted", Boolean(deleted_at));
  field(entry, "text").textContent = text;
  field(entry, "edited").hidden = !edited_at || Boolean(deleted_at);
}

/** A message that is not there yet. @param {HTMLElement} entry @param {import("./letters.js").Letter} letter */
export function fillWaiting(entry, { key, text, at }) {
  entry.dataset.key = key;
  entry.dataset.sender = me;
  entry.dataset.sentAt = at;
  entry.toggleAttribute("data-own", true);
  field(entry, "text").textContent = text;
  for (const time of entry.querySelectorAll("time")) showTime(time, at);
}

/**
 * How it is with a message that is not there yet.
 * @param {HTMLElement} entry @param {"sending" | "unsent" | "refused"} status @param {string} problem in words
 */
export function showStatus(entry, status, problem = "") {
  entry.dataset.status = status;
  entry.querySelector(".message-problem").hidden = status === "sending";
  field(entry, "problem").textContent = problem;
  for (const button of entry.querySelectorAll(".message-problem button")) button.hidden = status !== "refused";
  field(entry, "receipt").textContent = status === "sending" ? "Sending" : "";
}

/** @param {HTMLElement} entry @param {string} name @returns {HTMLElement} */
export const field = (entry, name) => entry.querySelector(`[data-field=${name}]`);
