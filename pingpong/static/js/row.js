/** One task on a page: the markup is the server's, this fills its fields. Text is only ever set as text. */

import { serverNow } from "./clock.js";
import { taskUrl } from "./paths.js";
import { answered, asked, isFinal } from "./task.js";
import { seconds, showTime } from "./times.js";

/** @param {HTMLTemplateElement} template @param {import("./task.js").Task} task @returns {HTMLElement} */
export function makeRow(template, task) {
  const row = template.content.firstElementChild.cloneNode(true);
  fillRow(row, task);
  return row;
}

/** @param {HTMLElement} row @param {import("./task.js").Task} task */
export function fillRow(row, task) {
  row.dataset.task = task.id;
  row.dataset.status = task.status;
  row.dataset.submittedAt = task.submitted_at;
  setText(row, "kind", task.kind);
  setText(row, "asked", asked(task));
  setText(row, "answered", answered(task));
  setText(row, "status", task.status);
  setText(row, "progress", task.progress ? `${task.progress} %` : "");
  const bar = row.querySelector("[data-field=bar]");
  if (bar) bar.value = task.progress;
  setText(row, "duration", seconds(task.duration_ms));
  for (const time of row.querySelectorAll("time")) showTime(time, task.submitted_at);
  linkTo(row, task);
  turnRing(row, task);
}

/** Start the ring where it stands: at the age of the task, by the server's clock. */
export function turnRing(row, { status, submitted_at }) {
  const ring = row.querySelector(".ring");
  if (!ring || isFinal(status)) return;
  const ageMs = Math.max(0, serverNow() - Date.parse(submitted_at));
  ring.style.setProperty("--age", `${Math.round(ageMs)}ms`);
  ring.style.setProperty("--delay", `${document.body.dataset.delayMs ?? 3000}ms`);
}

function linkTo(row, task) {
  const link = row.querySelector("[data-field=link]");
  const { taskPage } = row.closest("[data-task-page]")?.dataset ?? {};
  if (link && !task.isLocal) link.href = taskUrl(taskPage ?? "pings", task.id);
}

function setText(row, field, text) {
  const element = row.querySelector(`[data-field=${field}]`);
  if (element && element.textContent !== text) element.textContent = text;
}
