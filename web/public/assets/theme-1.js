// Runs before the first paint; `state/theme.ts` writes what it reads. Browsers keep it for good: a change takes a new name.
(() => {
  try {
    const theme = localStorage.getItem("veza.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // No storage: the system's theme it is.
  }
})();
