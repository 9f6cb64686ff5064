/** The field of an open conversation: what is typed there is told, kept and sent. */

import { Composer } from "../composer.js";
import { keepDraft } from "./drafts.js";
import { OwnTyping } from "./typing.js";

/**
 * @param {HTMLFormElement} form @param {string} conversationId
 * @param {{tell: (message: object) => boolean, post: (text: string) => void, editNewest: () => boolean}} ways
 */
export function startWriting(form, conversationId, { tell, post, editNewest }) {
  const textarea = form.elements.message;
  keepDraft(textarea, conversationId);
  const typing = new OwnTyping(textarea, tell);
  new Composer(form, (text) => {
    typing.stop();
    post(text);
  });
  textarea.addEventListener("keydown", (event) => {
    if (event.key === "ArrowUp" && !textarea.value && editNewest()) event.preventDefault();
  });
  if (matchMedia("(hover: hover)").matches) textarea.focus(); // On a phone it would bring up the keyboard.
}
