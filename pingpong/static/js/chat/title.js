/** The number of unread messages in front of the page's title: `(3) Chat · Pingpong`. */

const BADGE = /^\(\d+\) /;

/** @param {number} count */
export function badgeTitle(count) {
  retitle((title) => (count ? `(${count}) ${title}` : title));
}

/** Call the page otherwise; the number stays. @param {string} title */
export function renamePage(title) {
  const [badge] = BADGE.exec(document.title) ?? [""];
  document.title = badge + title;
}

/** @param {(title: string) => string} change of the title without the number */
function retitle(change) {
  const title = change(document.title.replace(BADGE, ""));
  if (document.title !== title) document.title = title;
}
