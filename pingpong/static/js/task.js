/**
 * A task as pages, events and the API show it.
 * @typedef {"queued" | "running" | "done" | "failed" | "cancelled"} TaskStatus
 * @typedef {{id: string, kind: string, status: TaskStatus, message: string | null, reply: string | null,
 *   progress: number, submitted_at: string, started_at: string | null, finished_at: string | null,
 *   duration_ms: number | null, params?: object, result?: any, error?: string | null}} Task
 */

const RANK = { queued: 0, running: 1, done: 2, failed: 2, cancelled: 2 };

/** Whether a task in status `next` may replace one shown in `shown`: late news never turns a row back. */
export const mayFollow = (shown, next) => RANK[shown] < RANK.done && RANK[next] >= RANK[shown];

/** @param {TaskStatus} status */
export const isFinal = (status) => RANK[status] === RANK.done;

/** What was asked, as text. @param {Task} task */
export const asked = (task) => task.message ?? inWords(task.params);

/** What came of it, as text. @param {Task} task */
export const answered = (task) => task.reply ?? task.error ?? inWords(task.result);

function inWords(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object" || Array.isArray(value)) return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${name} = ${part}`)
    .join(", ");
}
