// Light, dark, or like the system. `theme.js` beside the page applies what is kept before anything is drawn.

import { signal } from "./signal.js";

const KEPT_AS = "seedbed.theme";
export const THEMES = ["system", "light", "dark"];
export const theme = signal(localStorage.getItem(KEPT_AS) ?? "system");

export function chooseTheme(name) {
  theme.value = name;
  if (name === "system") {
    localStorage.removeItem(KEPT_AS);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEPT_AS, name);
    document.documentElement.dataset.theme = name;
  }
}
