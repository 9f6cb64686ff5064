/** Chat over HTTP: what is read again, and what changes a message. */

import { requestJson } from "../http.js";

const CONVERSATIONS = 50;
const OLDER = 100;
const PEOPLE = 20;

/** @param {string} after where the page of the list before this one ended; empty for the first */
export const readConversations = (after) =>
  requestJson(`api/chat/conversations/?${new URLSearchParams({ limit: String(CONVERSATIONS), ...(after && { after }) })}`);

/** @param {string} id @returns {Promise<import("./types.js").Conversation>} */
export const readConversation = (id) => requestJson(`api/chat/conversations/${id}/`);

/**
 * @param {string} id @param {string} before a message @param {(retryInMs: number) => void} onWait
 * @returns {Promise<{items: import("./types.js").Message[], next: string | null}>} newest first
 */
export const readMessages = (id, before, onWait) =>
  requestJson(
    `api/chat/conversations/${id}/messages/?${new URLSearchParams({ before, limit: String(OLDER) })}`,
    {},
    onWait,
  );

/** @param {string} q @returns {Promise<{items: import("./types.js").Person[]}>} */
export const findPeople = (q) => requestJson(`api/users/list/?${new URLSearchParams({ q, limit: String(PEOPLE) })}`);

/** @param {string} id @param {string} messageId @param {string} text @returns {Promise<import("./types.js").Message>} */
export const editMessage = (id, messageId, text) => change("PATCH", id, messageId, { text });

/** @param {string} id @param {string} messageId */
export const deleteMessage = (id, messageId) => change("DELETE", id, messageId);

const change = (method, id, messageId, body) =>
  requestJson(`api/chat/conversations/${id}/messages/${messageId}/`, {
    method,
    headers: {
      "X-CSRFToken": document.querySelector("input[name=csrf_token]").value,
      ...(body && { "Content-Type": "application/json" }),
    },
    body: body && JSON.stringify(body),
  });
