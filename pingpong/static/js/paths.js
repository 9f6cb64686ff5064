/** Where things are, also when pingpong is mounted below a prefix: every path starts from this file's own. */

const ROOT = new URL("../../", import.meta.url);

/** @param {string} path without a slash in front, such as `submit/` */
export const urlOf = (path) => new URL(path, ROOT).href;

/** @param {string} page whose tasks it shows: `pings` or `tasks` @param {string} id */
export const taskUrl = (page, id) => urlOf(`${page}/${id}/`);
