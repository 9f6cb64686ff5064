/** Times and durations in words. The server writes UTC; the reader gets their own time, equally wide. */

/** Rewrite every `<time>` in `root` to local time. @param {ParentNode} root */
export function localiseTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) showTime(time, time.dateTime);
}

/**
 * @param {HTMLTimeElement} element `data-today="short"` leaves out today's date; `data-show` is `clock`, `day` or `brief`
 * @param {string} iso
 */
export function showTime(element, iso) {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return;
  const [date, time] = isoParts(moment);
  const isShort = element.dataset.today === "short" && date === isoParts(new Date())[0];
  const inWords = IN_WORDS[element.dataset.show];
  element.dateTime = iso;
  element.title = moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  element.textContent = inWords ? inWords(moment) : isShort ? time : `${date} ${time}`;
}

/** The day by the reader's calendar, as `2025-11-21`. @param {string} iso */
export const dayOf = (iso) => isoParts(new Date(iso))[0];

/** How chat shows times. */
const IN_WORDS = {
  clock: (moment) => isoParts(moment)[1].slice(0, 5),
  day: (moment) => nearDay(moment) ?? moment.toLocaleDateString("en-GB", LONG_DAY),
  brief: (moment) => (nearDay(moment) === "Today" ? IN_WORDS.clock(moment) : (nearDay(moment) ?? isoParts(moment)[0])),
};
const LONG_DAY = { weekday: "long", day: "numeric", month: "long", year: "numeric" };

/** @param {Date} moment */
function nearDay(moment) {
  const yesterday = new Date();
  yesterday.setDate(yesterday.getDate() - 1);
  const near = { [isoParts(yesterday)[0]]: "Yesterday", [isoParts(new Date())[0]]: "Today" };
  return near[isoParts(moment)[0]];
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
