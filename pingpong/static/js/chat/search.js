/** Choosing people: those who match come as one types; who is chosen stays. */

import { findPeople } from "./api.js";
import { me, nameOf, showFace } from "./naming.js";

const PAUSE_MS = 250;

const search = document.getElementById("q");
const people = document.getElementById("people");
const [chosen, found] = ["chosen", "found"].map((name) => people.querySelector(`[data-field=${name}]`));
const template = document.getElementById("somebody");
const passedOver = new Set([me, ...(search.form.dataset.but ?? "").split(" ")]);

let timer = 0;
let asked = "";

search.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
});
people.addEventListener("change", ({ target }) => target.checked && chosen.append(target.closest("li")));

async function look() {
  const q = (asked = search.value.trim());
  const { items } = await findPeople(q).catch(() => ({ items: null }));
  if (!items || q !== asked) return; // Something else has been typed since.
  const ids = new Set([...passedOver, ...[...chosen.querySelectorAll("input")].map(({ value }) => value)]);
  const others = items.filter(({ id }) => !ids.has(id));
  found.replaceChildren(...others.map(makePerson));
  document.getElementById("found-count").textContent = others.length === 1 ? "1 person found" : `${others.length} people found`;
}

/** @param {import("./types.js").Person} person */
function makePerson(person) {
  const item = template.content.firstElementChild.cloneNode(true);
  const name = nameOf(person);
  item.querySelector("input").value = person.id;
  item.querySelector("[data-field=name]").textContent = name;
  item.querySelector("[data-field=username]").textContent = person.username === name ? "" : person.username;
  showFace(item.querySelector("[data-field=face]"), name, person.id);
  return item;
}
