/** Where news stands in the stream: ids such as `1732140000000-0`, two numbers that order it. */

/**
 * Whether one id comes after the other. The empty id comes before all.
 * @param {string} position @param {string} other
 */
export function isAfter(position, other) {
  const [milliseconds, sequence] = parse(position);
  const [otherMilliseconds, otherSequence] = parse(other);
  return milliseconds === otherMilliseconds ? sequence > otherSequence : milliseconds > otherMilliseconds;
}

/** @param {string} position @returns {[number, number]} */
function parse(position) {
  const [milliseconds, sequence] = position.split("-").map(Number);
  return position ? [milliseconds, sequence] : [-1, 0];
}
