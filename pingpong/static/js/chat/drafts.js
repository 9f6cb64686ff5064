/** What was typed and not sent is there again when one comes back to the conversation. */

/** @param {HTMLTextAreaElement} textarea @param {string} conversationId */
export function keepDraft(textarea, conversationId) {
  const name = `pingpong:chat:draft:${conversationId}`;
  try {
    textarea.value ||= sessionStorage.getItem(name) ?? "";
    addEventListener("pagehide", () => {
      if (textarea.value) sessionStorage.setItem(name, textarea.value);
      else sessionStorage.removeItem(name);
    });
  } catch {
    // Storage is forbidden here: a draft lives as long as the page.
  }
}
