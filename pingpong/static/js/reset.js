/** Reading again what the stream could not tell, without asking all at once. */

import { news } from "./live.js";

/** Every browser hears of a gap in the same moment; their questions are spread over so long. */
const WITHIN_MS = 3_000;

/** @param {() => Promise<void>} reload called once for any number of resets that come while it waits */
export function onReset(reload) {
  let isDue = false;
  news.on("reset", () => {
    if (isDue) return;
    isDue = true;
    setTimeout(async () => {
      isDue = false;
      await reload().catch(() => location.reload()); // What is shown may be wrong, and nothing else would mend it.
    }, Math.random() * WITHIN_MS);
  });
}
