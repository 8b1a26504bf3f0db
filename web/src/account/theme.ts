import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEY = "veza.theme";

/** What the person chose; `system` follows the machine. */
export const theme = signal<Theme>(readTheme());

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === "system") delete dataset.theme;
  else dataset.theme = theme.value;
  try {
    if (theme.value === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme.value);
  } catch {
    // No storage: the choice lasts as long as the page.
  }
});

function readTheme(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}
