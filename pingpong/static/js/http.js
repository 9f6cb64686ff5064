/** Requests that do not give up while the server is away, and that say in words why they were refused. */

import { Backoff } from "./backoff.js";
import { urlOf } from "./paths.js";

/** The server may well answer these in a while. */
const TEMPORARY = new Set([408, 425, 429, 502, 503, 504]);

/** A request that has no answer by then is made again: reading is harmless, and each letter has a key. */
const SILENT_AFTER_MS = 15_000;

/** The server has answered, and the answer is no. */
export class Refused extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Ask until there is an answer.
 * @param {string} path @param {RequestInit} [options] @param {(retryInMs: number) => void} [onWait]
 * @returns {Promise<any>} the JSON of the answer; null if it has none
 * @throws {Refused} when asking again would not help
 */
export async function requestJson(path, options = {}, onWait = () => {}) {
  const backoff = new Backoff(1_000, 15_000);
  for (;;) {
    const response = await fetch(urlOf(path), {
      ...withAccept(options),
      signal: AbortSignal.timeout(SILENT_AFTER_MS),
    }).catch(() => null);
    if (response?.ok) return response.status === 204 ? null : response.json();
    if (response && !TEMPORARY.has(response.status)) throw await refusal(response);
    const waitMs = Math.max(backoff.next(), retryAfterMs(response));
    onWait(waitMs);
    await pause(waitMs);
  }
}

const withAccept = (options) => ({ ...options, headers: { ...options.headers, Accept: "application/json" } });

/** @param {Response | null} response */
const retryAfterMs = (response) => (Number(response?.headers.get("Retry-After")) || 0) * 1_000;

/** Waits, but not a moment longer than until the network is back. @param {number} ms */
const pause = (ms) =>
  new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener("online", go);
      resolve();
    };
    const timer = setTimeout(go, ms);
    addEventListener("online", go);
  });

/** @param {Response} response */
async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  const fields = Object.values(body.error?.fields ?? {}).flat();
  return new Refused(response.status, fields[0] ?? body.error?.message ?? `The server answered ${response.status}.`);
}
