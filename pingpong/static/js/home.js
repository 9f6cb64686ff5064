/** The home page: the form, the messages on their way and everybody's newest. */

import { Announcer } from "./announcer.js";
import { readTasks } from "./api.js";
import { Composer } from "./composer.js";
import { Feed } from "./feed.js";
import { news } from "./live.js";
import { onReset } from "./reset.js";
import { sendLetter, unsentLetters, writeLetter } from "./outbox.js";

const announcer = new Announcer(document.getElementById("announcer"));
const feed = new Feed(document.getElementById("feed"), document.getElementById("feed-row"), (task) =>
  announcer.say(task.reply),
);
const composer = new Composer(document.getElementById("composer"), (message) => send(writeLetter(message)));

/** Somebody who is logged in hears of their own private tasks, too. */
const kinds = document.getElementById("feed").dataset.kinds.split(" ");
news.on("task", (task) => kinds.includes(task.kind) && feed.show(task));
onReset(async () => {
  for (const task of await readTasks("api/history/", { limit: "25" })) feed.show(task);
});
for (const letter of unsentLetters()) send(letter);

/** @param {import("./outbox.js").Letter} letter */
async function send(letter) {
  feed.expect(letter);
  try {
    feed.arrive(letter.key, await sendLetter(letter, () => feed.delay(letter.key)));
  } catch (error) {
    feed.refuse(letter.key);
    composer.giveBack(letter.message, error.message);
  }
}
