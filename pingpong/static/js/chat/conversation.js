/** The conversation that is open: what comes on its socket, and what goes out. */

import { Actions } from "./actions.js";
import { readConversation } from "./api.js";
import { farewell } from "./farewell.js";
import { Header } from "./header.js";
import { me, nameOf, senderIn } from "./naming.js";
import { Older } from "./older.js";
import { Outbox } from "./outbox.js";
import { Reading } from "./reading.js";
import { Receipts } from "./receipts.js";
import { Scroll } from "./scroll.js";
import { ConversationSocket } from "./socket.js";
import { Thread } from "./thread.js";
import { TypingLine } from "./typing.js";
import { UnreadLine } from "./unread.js";
import { startWriting } from "./writing.js";

/** @typedef {import("./types.js").Message} Message */

/** In place of the newest message, where there is none yet: from the first one on. */
const FROM_THE_BEGINNING = "0";

export class OpenConversation {
  #news = {
    message: (news) => this.#take(news),
    message_edited: (news) => this.thread.change(news),
    message_deleted: (news) => this.thread.change(news),
    read: (news) => this.#noteRead(news.user.id, Number(this.thread.find(news.message_id)?.dataset.seq ?? 0)),
    typing: ({ user, is_typing }) => this.typingLine.show(user, is_typing),
    presence: ({ user, online }) => this.#notePresence(user.id, online),
    members: () => this.#readMembers(),
    error: (error) => this.outbox.refuse(error) && this.announcer.say(`Not sent: ${error.message}`),
  };

  /** @param {HTMLElement} section @param {import("../announcer.js").Announcer} announcer */
  constructor(section, announcer) {
    this.section = section;
    this.announcer = announcer;
    this.conversation = JSON.parse(section.dataset.conversation);
    this.id = this.conversation.id;
    this.#setUp();
    this.scroll.toLine(this.unread.element);
    this.socket = new ConversationSocket(this.id, {
      newestId: () => this.thread.newest?.dataset.id ?? FROM_THE_BEGINNING,
      onOpen: () => this.#opened(),
      onLost: () => this.#lost(),
      onNews: (news) => this.#news[news.type]?.(news),
      onEnd: (code) => this.#leave(code),
    });
  }

  /** Whether what is said here now is read as it comes. */
  get isRead() {
    return this.reading.isOn;
  }

  #setUp() {
    const { conversation, id } = this;
    const byId = (name) => document.getElementById(name);
    const send = (message) => this.socket.send(message);
    const nameOfSender = (sender) => senderIn(this.conversation, sender);
    const readSeq = conversation.participants.find((person) => person.id === me).read_seq;
    this.header = new Header(this.section, conversation);
    this.thread = new Thread(byId("thread"), byId("entry"), nameOfSender);
    this.receipts = new Receipts(this.thread, conversation.participants);
    this.unread = new UnreadLine(this.thread);
    this.scroll = new Scroll(byId("scroller"), byId("newest"), () => this.reading.update());
    this.reading = new Reading(this.thread, this.scroll, send, readSeq);
    this.outbox = new Outbox(id, this.thread, send);
    this.typingLine = new TypingLine(byId("typing"), nameOfSender);
    this.actions = new Actions(id, this.thread, this.section.dataset.editWithinS * 1_000, (problem) =>
      this.announcer.say(problem),
    );
    startWriting(byId("composer"), id, {
      tell: send,
      post: (text) => this.#post(text),
      editNewest: () => this.actions.editNewest(),
    });
    if (this.section.dataset.hasOlder === "true")
      new Older(byId("older"), byId("scroller"), id, this.thread, (message) => this.#show(message));
  }

  #post(text) {
    this.unread.clear();
    this.outbox.post(text);
    this.scroll.toEnd();
  }

  #opened() {
    this.header.showConnection(true);
    this.outbox.sendAll();
    this.reading.retell();
  }

  #lost() {
    this.header.showConnection(false);
    this.outbox.hold();
  }

  /** @param {Message} message */
  #take(message) {
    const isOwn = message.sender.id === me;
    const isSeen = this.isRead;
    this.scroll.keep(() => {
      const entry = this.#show(message);
      if (entry && !isOwn && !isSeen && this.reading.hasRead(message.seq - 1)) this.unread.drawAbove(entry);
      return Boolean(entry) && !isOwn;
    });
    if (isOwn) this.outbox.confirm(message.client_id);
    else this.typingLine.show(message.sender, false);
    this.#noteRead(message.sender.id, message.seq);
    this.reading.update();
  }

  /** @param {Message} message @returns {HTMLElement | null} null if it is there already */
  #show(message) {
    const entry = this.thread.show(message);
    if (entry && message.sender.id === me) {
      this.receipts.show(entry);
      this.actions.offer(entry);
    } else if (entry && message.seq > this.reading.readSeq && !message.deleted_at) {
      this.announcer.say(`${this.thread.nameOf(message.sender)}: ${message.text}`);
    }
    return entry;
  }

  #noteRead(personId, seq) {
    if (personId === me) this.reading.learn(seq);
    else this.receipts.read(personId, seq);
  }

  #notePresence(personId, online) {
    const person = this.conversation.participants.find(({ id }) => id === personId);
    if (!person) return;
    person.online = online;
    this.header.show();
  }

  /** The news says who takes part, but not who owns the group, or how far each has read by now. */
  async #readMembers() {
    const read = await readConversation(this.id).catch(() => null);
    if (!read) return;
    this.conversation = this.header.conversation = read;
    const { participants } = this.conversation;
    this.header.show();
    this.receipts.setPeople(participants);
    this.thread.rename((id) => participants.filter((person) => person.id === id).map(nameOf)[0]);
  }

  /** @param {number} code */
  #leave(code) {
    if (code === 4401) location.reload(); // the server asks for a login, and comes back here
    else this.section.replaceChildren(farewell());
  }
}
