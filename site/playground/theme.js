// Light or dark, before anything is painted; remembered where the pages of the course remember it.
{
  const page = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // a browser that lets nothing be remembered
    }
  };
  const paint = (theme = stored()) => {
    page.dataset.theme = theme === "dark" || theme === "light" ? theme : dark.matches ? "dark" : "light";
    dispatchEvent(new Event("theme"));
  };
  addEventListener("click", ({ target }) => {
    if (!target.closest("#theme")) return;
    const theme = page.dataset.theme === "dark" ? "light" : "dark";
    paint(theme);
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // for this page, then
    }
  });
  dark.addEventListener("change", () => paint());
  addEventListener("storage", () => paint());
  paint();
}
