/** The gauge of the rate limit: each request leaves it when it has left the window. */

const EVERY_MS = 500;

/** @returns {() => void} to be called when the server has written it anew */
export function startGauge() {
  let writtenAt = performance.now();
  setInterval(() => show(performance.now() - writtenAt), EVERY_MS);
  return () => {
    writtenAt = performance.now();
    show(0);
  };
}

/** @param {number} sinceMs how long ago the server said how old the requests are */
function show(sinceMs) {
  const gauge = document.getElementById("gauge");
  if (!gauge) return;
  const ages = gauge.dataset.agesMs.split(" ").filter(Boolean).map(Number);
  const used = ages.filter((ageMs) => ageMs + sinceMs < Number(gauge.dataset.windowMs)).length;
  gauge.querySelector("meter").value = used;
  const words = gauge.querySelector("[data-field=used]");
  if (words.textContent !== String(used)) words.textContent = String(used);
}
