/** Choosing many: a box for all on the page, and how many are chosen. */

/** @returns {() => void} to be called when the rows may be others */
export function startChoosing() {
  const form = document.getElementById("chosen");
  if (!form) return () => {};
  const all = document.getElementById("choose-all");
  const count = document.getElementById("chosen-count");
  const boxes = () => [...form.querySelectorAll("input[name=entity]")];

  const show = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    const text = chosen ? `${chosen} chosen` : "";
    if (count.textContent !== text) count.textContent = text;
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  };
  all.addEventListener("change", () => boxes().forEach((box) => (box.checked = all.checked)));
  form.addEventListener("change", show);
  show(); // Browsers check boxes again when one comes back to a page.
  return show;
}
