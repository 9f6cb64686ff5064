/** In place of a conversation that one is no longer in. @returns {HTMLElement} */
export function farewell() {
  const words = document.createElement("p");
  words.className = "thread-over";
  words.setAttribute("role", "alert");
  words.textContent = "You no longer take part in this conversation.";
  return words;
}
