/** The newest messages of everybody, live, and one's own before the server has even answered. */

import { serverNow } from "./clock.js";
import { TaskList } from "./tasklist.js";

/** @typedef {import("./task.js").Task} Task */

const ROWS = 25;

export class Feed {
  #unsent = /** @type {Map<string, {row: HTMLElement, message: string}>} */ (new Map());
  #held = /** @type {Task[]} */ ([]);

  /**
   * @param {HTMLElement} list @param {HTMLTemplateElement} template
   * @param {(task: Task) => void} onAnswer called for each answer that comes while the page is open
   */
  constructor(list, template, onAnswer) {
    this.tasks = new TaskList(list, template);
    this.onAnswer = onAnswer;
  }

  /** Take what an event or the history says of a task. @param {Task} task */
  show(task) {
    if (this.#mayBeOneOfOurs(task)) {
      this.#held.push(task);
      return;
    }
    const isNew = !this.tasks.find(task.id);
    if (isNew) this.tasks.insert(task);
    else if (!this.tasks.update(task)) return;
    this.tasks.trim(ROWS);
    if (task.status === "done" && this.tasks.find(task.id)) this.onAnswer(task);
  }

  /** Show a letter that is on its way. @param {import("./outbox.js").Letter} letter */
  expect({ key, message }) {
    const submittedAt = new Date(serverNow()).toISOString();
    const row = this.tasks.insert({ ...WAITING, id: key, message, submitted_at: submittedAt });
    this.#unsent.set(key, { row, message });
    this.tasks.trim(ROWS);
  }

  /** The letter could not be sent yet. @param {string} key */
  delay(key) {
    this.#unsent.get(key).row.dataset.status = "unsent";
  }

  /** The letter has become a task. @param {string} key @param {Task} task */
  arrive(key, task) {
    const row = this.#forget(key);
    if (this.tasks.find(task.id)) row.remove(); // Sent again after an answer that got lost on the way.
    else this.tasks.adopt(row, { ...WAITING, ...task, isLocal: false });
    this.tasks.trim(ROWS);
    this.#release();
  }

  /** The letter was refused. @param {string} key */
  refuse(key) {
    this.#forget(key).remove();
    this.#release();
  }

  /**
   * The event of a new task can be here before the answer that tells us its id. Until every letter with this text
   * has its answer, nobody knows whether it is ours: showing it would show it twice.
   */
  #mayBeOneOfOurs(task) {
    if (this.tasks.find(task.id)) return false;
    return [...this.#unsent.values()].some(({ message }) => message === task.message);
  }

  #forget(key) {
    const { row } = this.#unsent.get(key);
    this.#unsent.delete(key);
    return row;
  }

  #release() {
    for (const task of this.#held.splice(0)) this.show(task);
  }
}

/** What is known of a message before the server has said anything. */
const WAITING = {
  kind: "ping",
  status: "queued",
  reply: null,
  progress: 0,
  started_at: null,
  finished_at: null,
  duration_ms: null,
  isLocal: true,
};
