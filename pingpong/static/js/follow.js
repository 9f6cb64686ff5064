/** The page of one's own task: its progress as it comes, and the whole page anew when it has ended. */

import { news } from "./live.js";
import { onReset } from "./reset.js";
import { isFinal } from "./task.js";

const article = document.getElementById("task");

news.on("task", (task) => task.id === article.dataset.task && follow(task));
onReset(async () => isFinal(article.dataset.status) || location.reload());

/** @param {import("./task.js").Task} task */
function follow({ status, progress }) {
  if (isFinal(status) !== isFinal(article.dataset.status)) {
    location.reload(); // The server shows answers, failures and what can be done about them.
    return;
  }
  article.dataset.status = status;
  article.querySelector("[data-field=status]").textContent = status;
  const bar = article.querySelector("[data-field=bar]");
  if (!bar) return;
  bar.value = progress;
  article.querySelector("[data-field=progress]").textContent = `${progress} %`;
}
