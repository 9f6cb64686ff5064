/**
 * Makes an element what another one is by changing only what differs. What stays the same element keeps its focus,
 * its checked box, its place in the scroll, and is open if it was. Elements with a `data-key` are followed by it.
 */

/** What the reader has done to an element, and the server knows nothing of. */
const OF_THE_READER = { DETAILS: ["open"], INPUT: ["checked"] };

/** @param {Element} shown @param {Element} wanted */
export function morph(shown, wanted) {
  if (shown.isEqualNode(wanted)) return;
  takeAttributes(shown, wanted);
  takeChildren(shown, wanted);
}

function takeAttributes(shown, wanted) {
  const kept = OF_THE_READER[shown.nodeName] ?? [];
  for (const { name } of [...shown.attributes]) {
    if (!wanted.hasAttribute(name) && !kept.includes(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (shown.getAttribute(name) !== value && !kept.includes(name)) shown.setAttribute(name, value);
  }
}

function takeChildren(shown, wanted) {
  const keys = new Set([...wanted.children].map(keyOf).filter(Boolean));
  const byKey = new Map();
  for (const child of [...shown.children]) {
    const key = keyOf(child);
    if (key && !keys.has(key)) child.remove();
    else if (key) byKey.set(key, child);
  }
  let place = shown.firstChild;
  for (const child of [...wanted.childNodes]) {
    const match = keyOf(child) ? byKey.get(keyOf(child)) : place && areAlike(place, child) ? place : null;
    if (!match) {
      shown.insertBefore(document.importNode(child, true), place);
      continue;
    }
    // Moving an element costs it the focus: what stands before it goes instead.
    while (place && place !== match && !keyOf(place)) place = removed(place);
    if (match === place) place = place.nextSibling;
    else shown.insertBefore(match, place);
    take(match, child);
  }
  while (place) place = removed(place);
}

function take(shown, wanted) {
  if (shown.nodeType === Node.ELEMENT_NODE) morph(shown, wanted);
  else if (shown.nodeValue !== wanted.nodeValue) shown.nodeValue = wanted.nodeValue;
}

/** @param {ChildNode} node @returns {ChildNode | null} the next */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

const keyOf = (node) => node.dataset?.key;
const areAlike = (node, other) => !keyOf(node) && node.nodeType === other.nodeType && node.nodeName === other.nodeName;
