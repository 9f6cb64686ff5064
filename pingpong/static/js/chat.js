/** The chat page: the list of conversations, and beside it the one that is open. */

import { Announcer } from "./announcer.js";
import { OpenConversation } from "./chat/conversation.js";
import { ConversationList } from "./chat/list.js";
import { news } from "./live.js";
import { onReset } from "./reset.js";

const GAP_WITHIN_MS = 500;

// A page of older messages is for those without scripts: here they come by scrolling.
if (new URLSearchParams(location.search).has("before")) location.replace(location.pathname);

const section = document.getElementById("conversation");
const announcer = new Announcer(document.getElementById("announcer"), "messages");
const open = section && new OpenConversation(section, announcer);
const list = new ConversationList(
  document.getElementById("conversations"),
  document.getElementById("chat-line"),
  (id) => id === open?.id && open.isRead,
);

news.on("chat", (told) => list.hear(told));
news.on("gap", () => setTimeout(() => list.read(), Math.random() * GAP_WITHIN_MS));
onReset(() => list.read());
addEventListener("visibilitychange", () => document.hidden || list.read());
