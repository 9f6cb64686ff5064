/** Reading tasks over HTTP, for when the stream cannot say what was missed. */

import { requestJson } from "./http.js";

/**
 * @param {string} source the list's address, such as `api/history/`
 * @param {URLSearchParams | Record<string, string>} query as of the history page
 * @returns {Promise<import("./task.js").Task[]>}
 */
export async function readTasks(source, query) {
  const { items } = await requestJson(`${source}?${new URLSearchParams(query)}`);
  return items;
}

/** @param {string} id @returns {Promise<import("./task.js").Task>} */
export const readTask = (id) => requestJson(`api/tasks/results/${id}/`);
