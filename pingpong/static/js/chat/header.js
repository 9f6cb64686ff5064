import { me, othersIn, showConversationFace, titleOf } from "./naming.js";
import { renamePage } from "./title.js";

/** @typedef {import("./types.js").Conversation} Conversation */

const SAY_LOST_AFTER_MS = 1_500;

/** The head of an open conversation: what it is called, who is there, and whether there is a connection. */
export class Header {
  #timer = 0;

  /** @param {HTMLElement} section @param {Conversation} conversation */
  constructor(section, conversation) {
    this.section = section;
    this.conversation = conversation;
    this.show();
  }

  show() {
    const { conversation } = this;
    const title = titleOf(conversation);
    this.#field("title").textContent = title;
    this.#field("about").textContent = aboutOf(conversation);
    showConversationFace(this.#field("face"), conversation);
    renamePage(`${title} · Chat · Pingpong`);
  }

  /** A short loss is nobody's business. @param {boolean} isConnected */
  showConnection(isConnected) {
    clearTimeout(this.#timer);
    const line = this.#field("connection");
    if (isConnected) line.textContent = "";
    else this.#timer = setTimeout(() => (line.textContent = "Reconnecting …"), SAY_LOST_AFTER_MS);
  }

  #field(name) {
    return this.section.querySelector(`.chat-head [data-field=${name}]`);
  }
}

/** @param {Conversation} conversation */
function aboutOf(conversation) {
  const others = othersIn(conversation);
  const online = others.filter((person) => person.online).length;
  if (!conversation.is_group) return online ? "online" : "";
  const isIn = conversation.participants.some(({ id }) => id === me);
  return `${others.length + (isIn ? 1 : 0)} people${online ? `, ${online + (isIn ? 1 : 0)} online` : ""}`;
}
