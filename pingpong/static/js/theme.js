/** The theme menu: light, dark or the system's, remembered and the same in every tab. */

const KEY = "pingpong:theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

/** @param {HTMLElement} menu holds the radio buttons named `theme` */
export function startTheme(menu) {
  const show = () => apply(menu, remembered());
  menu.addEventListener("change", (event) => {
    remember(event.target.value);
    apply(menu, event.target.value);
  });
  systemIsDark.addEventListener("change", show);
  addEventListener("storage", (event) => event.key === KEY && show());
  show();
}

/** @param {HTMLElement} menu @param {string} choice */
function apply(menu, choice) {
  const isDark = choice === "system" ? systemIsDark.matches : choice === "dark";
  document.documentElement.dataset.bsTheme = isDark ? "dark" : "light";
  menu.querySelector(`input[value="${choice}"]`).checked = true;
}

/** @returns {"light" | "dark" | "system"} */
function remembered() {
  try {
    const choice = localStorage.getItem(KEY);
    return choice === "light" || choice === "dark" ? choice : "system";
  } catch {
    return "system"; // Storage is forbidden here.
  }
}

/** @param {string} choice */
function remember(choice) {
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // The choice then holds for this page only.
  }
}
