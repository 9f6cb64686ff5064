/** The pages of submissions: what they show follows the news. */

import { startChoosing } from "./dsp/choosing.js";
import { startCountdowns } from "./dsp/countdown.js";
import { startGauge } from "./dsp/gauge.js";
import { Refresher } from "./dsp/refresher.js";
import { news } from "./live.js";
import { onReset } from "./reset.js";

const READ_ANEW_EVERY_MS = 30_000;
/** Every browser hears of a gap in the same moment. */
const GAP_WITHIN_MS = 1_500;

const restarts = [startCountdowns(), startGauge(), startChoosing()];
const refresher = new Refresher(() => restarts.forEach((restart) => restart()));

news.on("dsp", () => refresher.ask());
news.on("gap", () => setTimeout(() => refresher.ask(), Math.random() * GAP_WITHIN_MS));
onReset(async () => refresher.ask());
setInterval(() => refresher.ask(), READ_ANEW_EVERY_MS);

showCurrent();

/** Scroll the picture, and only that, to the entity that the page is about. */
function showCurrent() {
  const canvas = document.getElementById("canvas");
  if (!canvas) return;
  const [outer, inner] = [canvas, canvas.querySelector("[aria-current]")].map((part) => part.getBoundingClientRect());
  canvas.scrollTo(
    inner.x - outer.x - (outer.width - inner.width) / 2,
    inner.y - outer.y - (outer.height - inner.height) / 2,
  );
}
