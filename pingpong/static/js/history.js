/** The history, live: what is shown follows the news, and the first page takes in what is new. */

import { readTasks } from "./api.js";
import { news } from "./live.js";
import { onReset } from "./reset.js";
import { answered, asked } from "./task.js";
import { TaskList } from "./tasklist.js";

/** The link to the next page counts from the oldest row, so rows are added, not replaced; up to this many. */
const MOST_ROWS = 100;
const FIRST_ROWS = 25;

const table = document.getElementById("history");
const tasks = new TaskList(table.tBodies[0], document.getElementById("history-row"));
const takesNews = table.dataset.takesNews === "true";
const kinds = table.dataset.kinds.split(" ");
const filters = Object.fromEntries(new URLSearchParams(location.search));

news.on("task", show);
onReset(async () => {
  const limit = String(Math.min(MOST_ROWS, Math.max(FIRST_ROWS, tasks.rows.length)));
  for (const task of await readTasks(table.dataset.source, { ...filters, limit })) show(task);
});

/**
 * News of a public task does not say whose it is: one's own list takes in private ones, everybody's list public ones.
 * @param {import("./task.js").Task} task
 */
const belongs = (task) => kinds.includes(task.kind);

/** @param {import("./task.js").Task} task */
function show(task) {
  if (tasks.find(task.id)) tasks.update(task) && !matches(task) && tasks.find(task.id).remove();
  else if (takesNews && belongs(task) && matches(task)) add(task);
}

function add(task) {
  if (tasks.rows.length < MOST_ROWS) tasks.insert(task);
  else document.getElementById("history-more").hidden = false;
}

/** The search as the server does it: any part of message or answer, in any case. */
function matches(task) {
  const text = `${asked(task)}\n${answered(task)}`.toLowerCase();
  return (
    text.includes((filters.q ?? "").trim().toLowerCase()) &&
    (filters.status || task.status) === task.status &&
    (filters.kind || task.kind) === task.kind
  );
}
