import { fillRow, makeRow, turnRing } from "./row.js";
import { mayFollow } from "./task.js";

/** @typedef {import("./task.js").Task} Task */

/** Rows of tasks, newest first, each task once. */
export class TaskList {
  /** @param {HTMLElement} list its children are rows @param {HTMLTemplateElement} template of one row */
  constructor(list, template) {
    this.list = list;
    this.template = template;
    for (const row of this.rows) turnRing(row, { status: row.dataset.status, submitted_at: row.dataset.submittedAt });
  }

  /** @returns {HTMLElement[]} */
  get rows() {
    return [...this.list.children];
  }

  /** @param {string} id @returns {HTMLElement | undefined} */
  find(id) {
    return this.rows.find((row) => row.dataset.task === id);
  }

  /** Bring a row that is shown up to date. @param {Task} task @returns {boolean} whether it was news */
  update(task) {
    const row = this.find(task.id);
    if (!row || !mayFollow(row.dataset.status, task.status)) return false;
    fillRow(row, task);
    return true;
  }

  /** Add a row where its time belongs. @param {Task} task @returns {HTMLElement} */
  insert(task) {
    const row = makeRow(this.template, task);
    row.classList.add("is-new");
    this.#place(row);
    return row;
  }

  /** Give a row that was shown ahead of its task what the server says of it. @param {Task} task */
  adopt(row, task) {
    fillRow(row, task);
    this.#place(row);
  }

  /** Keep the first `limit` rows. @param {number} limit */
  trim(limit) {
    for (const row of this.rows.slice(limit)) row.remove();
  }

  /** @param {HTMLElement} row */
  #place(row) {
    const older = this.rows.find((other) => other !== row && isBefore(other, row)) ?? null;
    // Moving an element restarts its animations: leave it where it is right.
    if (!row.isConnected || row.nextElementSibling !== older) this.list.insertBefore(row, older);
  }
}

/** ISO times in UTC with the same number of digits sort as text, and so do ids that begin with the time. */
const isBefore = (row, other) => sortKey(row) < sortKey(other);
const sortKey = (row) => `${row.dataset.submittedAt} ${row.dataset.task}`;
