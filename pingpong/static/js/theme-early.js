// Runs before the first paint, as a classic blocking script in the head: a module would come too late and the
// page would flash in the wrong theme. `theme.js` does the rest.
(() => {
  const root = document.documentElement;
  let chosen = null;
  try {
    chosen = localStorage.getItem("pingpong:theme");
  } catch {
    // Storage can be forbidden; the system's theme is then a good answer.
  }
  const isDark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.bsTheme = isDark ? "dark" : "light";
  root.classList.add("has-scripts");
})();
