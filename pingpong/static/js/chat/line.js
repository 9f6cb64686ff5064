/** One conversation in the list: the markup is the server's, this fills its fields. */

import { urlOf } from "../paths.js";
import { showTime } from "../times.js";
import { previewOf, showConversationFace, titleOf } from "./naming.js";

/** @param {HTMLTemplateElement} template @param {string} id @returns {HTMLElement} */
export function makeLine(template, id) {
  const line = template.content.firstElementChild.cloneNode(true);
  line.dataset.conversation = id;
  field(line, "link").href = urlOf(`chat/${id}/`);
  return line;
}

/** @param {HTMLElement} line @param {import("./types.js").Conversation} conversation */
export function fillLine(line, conversation) {
  setText(line, "title", titleOf(conversation));
  setText(line, "preview", previewOf(conversation));
  setText(line, "count", String(conversation.unread_count));
  field(line, "unread").hidden = !conversation.unread_count;
  showConversationFace(field(line, "face"), conversation);
  if (conversation.last_message) showTime(field(line, "at"), conversation.last_message.sent_at);
}

const field = (line, name) => line.querySelector(`[data-field=${name}]`);

function setText(line, name, text) {
  if (field(line, name).textContent !== text) field(line, name).textContent = text;
}
