/** Times and durations in words. The server writes UTC; the reader gets their own time, equally wide. */

/** Rewrite every `<time>` in `root` to local time. @param {ParentNode} root */
export function localiseTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) showTime(time, time.dateTime);
}

/** @param {HTMLTimeElement} element `data-today="short"` leaves out today's date @param {string} iso */
export function showTime(element, iso) {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return;
  const [date, time] = isoParts(moment);
  const isShort = element.dataset.today === "short" && date === isoParts(new Date())[0];
  element.dateTime = iso;
  element.title = moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  element.textContent = isShort ? time : `${date} ${time}`;
}

/** @param {number | null} milliseconds */
export const seconds = (milliseconds) => (milliseconds === null ? "" : `${(milliseconds / 1000).toFixed(3)} s`);

/** @param {Date} moment @returns {[string, string]} `2025-11-21` and `14:03:22`, local */
function isoParts(moment) {
  const two = (number) => String(number).padStart(2, "0");
  return [
    [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join("-"),
    [two(moment.getHours()), two(moment.getMinutes()), two(moment.getSeconds())].join(":"),
  ];
}
