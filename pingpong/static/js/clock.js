/**
 * The server's time, as far as this browser knows it: heartbeats and answers say what time it is there, and a
 * ring that shows three seconds must not trust a clock that may be minutes wrong.
 */

let aheadMs = 0;

/** @param {string} serverTime when something happened there just now, ISO 8601 */
export function learnTime(serverTime) {
  const time = Date.parse(serverTime);
  if (!Number.isNaN(time)) aheadMs = time - Date.now();
}

/** @returns {number} milliseconds since the epoch, by the server's clock */
export const serverNow = () => Date.now() + aheadMs;
