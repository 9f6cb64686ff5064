/** What people and conversations are called, as `showing.py` does it. */

/** @typedef {import("./types.js").Conversation} Conversation */

const NAMED_AT_MOST = 3;
const HUES = 6;

/** Whose page this is. */
export const me = document.body.dataset.visitor;

/** @param {{name?: string, username: string}} person */
export const nameOf = ({ name, username }) => name || username;

/** @param {Conversation} conversation */
export const othersIn = ({ participants }) => participants.filter(({ id }) => id !== me);

/** @param {Conversation} conversation @param {{id: string, username: string}} sender who may have left */
export const senderIn = ({ participants }, sender) => nameOf(participants.find(({ id }) => id === sender.id) ?? sender);

/** @param {Conversation} conversation */
export function titleOf(conversation) {
  if (conversation.name) return conversation.name;
  const names = othersIn(conversation).map(nameOf);
  if (names.length <= NAMED_AT_MOST) return names.join(", ") || "Nobody else";
  return `${names.slice(0, NAMED_AT_MOST - 1).join(", ")} and ${names.length - NAMED_AT_MOST + 1} more`;
}

/** @param {Conversation} conversation */
export function previewOf(conversation) {
  const message = conversation.last_message;
  if (!message) return "Nothing said yet";
  if (message.deleted_at) return "Message deleted";
  if (message.sender.id === me) return `You: ${message.text}`;
  return conversation.is_group ? `${senderIn(conversation, message.sender)}: ${message.text}` : message.text;
}

/** Fill the picture of a conversation. @param {HTMLElement} face @param {Conversation} conversation */
export function showConversationFace(face, conversation) {
  const [other] = othersIn(conversation);
  const isOfOne = other && !conversation.is_group;
  showFace(face, titleOf(conversation), isOfOne ? other.id : conversation.id, isOfOne ? other.online : undefined);
}

/** @param {HTMLElement} face @param {string} name @param {string} id @param {boolean} [online] */
export function showFace(face, name, id, online) {
  face.querySelector("[data-field=initials]").textContent = initialsOf(name);
  face.dataset.hue = String(Number.parseInt(id.at(-1), 16) % HUES);
  if (online === undefined) delete face.dataset.online;
  else face.dataset.online = String(online);
}

/** @param {string} name */
function initialsOf(name) {
  const letters = name.split(/\s+/).map((word) => [...word][0] ?? "");
  const alphanumeric = letters.filter((letter) => /[\p{L}\p{N}]/u.test(letter));
  return alphanumeric.slice(0, 2).join("").toUpperCase() || "#";
}
