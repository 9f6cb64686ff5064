"""How well text stands out from what is behind it (WCAG 2.2, 1.4.3)."""

LEAST = 4.5
"""To 1, of text of the usual size."""

FAINT = r"""least => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((channel) => linear(channel / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const box = at.matches(".dsp-box") && at.querySelector("rect");
      const colour = box ? getComputedStyle(box).fill : getComputedStyle(at).backgroundColor;
      if (channels(colour)[3] !== 0) return colour;
    }
  };
  const isText = (node) => node.nodeType === Node.TEXT_NODE && node.nodeValue.trim();
  const hasText = (element) => [...element.childNodes].some(isText) && element.checkVisibility();
  const contrast = (element) => {
    const { fill, color } = getComputedStyle(element);
    const both = [element instanceof SVGElement ? fill : color, behind(element)].map(luminance);
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  };
  return [...document.querySelectorAll("main *")].filter(hasText)
    .map((element) => [element.outerHTML.slice(0, 120), contrast(element)])
    .filter(([, contrast]) => contrast < least);
}"""
"""The elements with text whose contrast is less than that, with what it is."""
