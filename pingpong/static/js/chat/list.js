import { readConversations } from "./api.js";
import { fillLine, makeLine } from "./line.js";
import { me } from "./naming.js";
import { badgeTitle } from "./title.js";

/** @typedef {import("./types.js").Conversation} Conversation */

const READ_AGAIN_AFTER_MS = 1_000;

/** One's conversations, the most recently active first, as the news has them. */
export class ConversationList {
  #conversations = /** @type {Map<string, Conversation>} */ (new Map());
  #lines = /** @type {Map<string, HTMLElement>} */ (new Map());
  #isReading = false;
  #isDue = false;
  #heard = /** @type {any[]} */ ([]);

  #news = {
    message: (news) => this.#take(news),
    message_edited: (news) => this.#change(news),
    message_deleted: (news) => this.#change(news),
    read: (news) => news.user.id === me && this.#noteRead(news),
    members: (news) => this.#update(news.conversation_id, { name: news.name, participants: news.participants }),
    presence: (news) => this.#notePresence(news.user.id, news.online),
    left: (news) => this.#remove(news.conversation_id),
  };

  /**
   * @param {HTMLUListElement} list @param {HTMLTemplateElement} template of one line
   * @param {(conversationId: string) => boolean} isRead whether what comes there is seen at once
   */
  constructor(list, template, isRead) {
    Object.assign(this, { list, template, isRead });
    for (const line of list.children) this.#lines.set(line.dataset.conversation, line);
  }

  /** Take what the news says. @param {any} news */
  hear(news) {
    if (this.#isReading) this.#heard.push(news);
    this.#news[news.type]?.(news);
  }

  /** Read all of it again: news of the moment is not repeated. Called again meanwhile, it reads once more. */
  async read() {
    this.#isDue = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isDue) {
      this.#isDue = false;
      this.#heard = [];
      const { items } = await readConversations(this.list.dataset.after).catch(() => ({ items: null }));
      if (items) this.#showAll(items);
      if (this.#isDue) await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_AFTER_MS));
    }
    this.#isReading = false;
  }

  /** @param {Conversation[]} items as the server had them: what we heard meanwhile may be newer, and comes on top */
  #showAll(items) {
    const ids = new Set(items.map(({ id }) => id));
    for (const id of [...this.#lines.keys()]) if (!ids.has(id)) this.#remove(id);
    for (const item of items) this.#conversations.set(item.id, item);
    items.forEach(({ id }, index) => this.#place(this.#lineOf(id), this.list.children[index] ?? null));
    items.forEach(({ id }) => this.#show(id));
    for (const news of this.#heard) this.#news[news.type]?.(news);
  }

  #take(message) {
    const known = this.#conversations.get(message.conversation_id);
    if (!known) return this.#readUnlessPaged();
    if (message.seq <= seqOf(known)) return;
    const isRead = message.sender.id === me || this.isRead(known.id);
    this.#update(known.id, { last_message: message, unread_count: isRead ? 0 : known.unread_count + 1 });
    this.#place(this.#lineOf(known.id), this.list.firstElementChild);
  }

  #change(message) {
    const known = this.#conversations.get(message.conversation_id);
    if (known?.last_message?.id === message.id) this.#update(known.id, { last_message: message });
  }

  /** What was read is named by its id: that of the newest is known here, else the server counts. */
  #noteRead({ conversation_id, message_id }) {
    const isNewest = this.#conversations.get(conversation_id)?.last_message?.id === message_id;
    if (isNewest) this.#update(conversation_id, { unread_count: 0 });
    else this.#readUnlessPaged();
  }

  #notePresence(personId, online) {
    for (const { id, participants } of this.#conversations.values()) {
      const person = participants.find((one) => one.id === personId);
      if (person) person.online = online;
      if (person) this.#show(id);
    }
  }

  #update(id, changes) {
    const known = this.#conversations.get(id);
    if (!known) return void this.#readUnlessPaged();
    this.#conversations.set(id, { ...known, ...changes });
    this.#show(id);
  }

  /** An older page of the list takes in nothing new. */
  #readUnlessPaged() {
    if (!this.list.dataset.after) this.read();
  }

  #remove(id) {
    this.#conversations.delete(id);
    this.#lines.get(id)?.remove();
    this.#lines.delete(id);
    this.#badge();
  }

  #show(id) {
    fillLine(this.#lineOf(id), this.#conversations.get(id));
    this.#badge();
  }

  #badge() {
    const counts = [...this.#conversations.values()].map(({ unread_count }) => unread_count);
    badgeTitle(counts.reduce((sum, count) => sum + count, 0));
  }

  #lineOf(id) {
    if (!this.#lines.has(id)) this.#lines.set(id, makeLine(this.template, id));
    return this.#lines.get(id);
  }

  /** @param {HTMLElement} line @param {Element | null} place where it is to be, if it is not there */
  #place(line, place) {
    if (line === place) return;
    const { activeElement } = document;
    this.list.insertBefore(line, place);
    if (line.contains(activeElement)) activeElement.focus(); // An element that is moved loses it.
  }
}

/** @param {Conversation | undefined} conversation */
const seqOf = (conversation) => conversation?.last_message?.seq ?? 0;
