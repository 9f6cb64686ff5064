/** The page of one message: it turns into its pong when the pong comes. */

import { Announcer } from "./announcer.js";
import { readTask } from "./api.js";
import { news } from "./live.js";
import { onReset } from "./reset.js";
import { TaskList } from "./tasklist.js";

const announcer = new Announcer(document.getElementById("announcer"));
const list = document.getElementById("message");
const tasks = new TaskList(list, document.getElementById("feed-row"));
const { id } = list.dataset;

news.on("task", show);
onReset(async () => show(await readTask(id)));

/** @param {import("./task.js").Task} task */
function show(task) {
  if (task.id === id && tasks.update(task) && task.status === "done") announcer.say(task.reply);
}
