/**
 * Messages on their way. Each has a key, so that the server knows one that it is sent twice; they are kept for
 * the session, so that a reload while the server is away loses no text.
 */

import { requestJson } from "./http.js";

const STORED = "pingpong:outbox";

/** @typedef {{key: string, message: string}} Letter */

/** @param {string} message @returns {Letter} */
export function writeLetter(message) {
  const letter = { key: newKey(), message };
  store([...unsentLetters(), letter]);
  return letter;
}

/** @returns {Letter[]} those that an earlier visit of this tab could not send */
export function unsentLetters() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? "[]");
  } catch {
    return []; // Storage is forbidden here: letters live as long as the page.
  }
}

/**
 * @param {Letter} letter @param {(retryInMs: number) => void} onWait
 * @returns {Promise<object>} what the server says of the new task
 */
export async function sendLetter({ key, message }, onWait) {
  try {
    return await requestJson(
      "submit/",
      {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify({ message }),
      },
      onWait,
    );
  } finally {
    store(unsentLetters().filter((letter) => letter.key !== key));
  }
}

/** @param {Letter[]} letters */
function store(letters) {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(letters));
  } catch {
    // As above.
  }
}

/** `randomUUID` exists only where the page came over HTTPS or from this machine. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
}
