// Light or dark, remembered where the pages of the course remember it.

const dark = matchMedia("(prefers-color-scheme: dark)");

function stored() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // a browser that lets nothing be remembered
  }
}

export function paintTheme(button, painted) {
  const paint = () => {
    const asked = stored();
    const theme = asked === "dark" || asked === "light" ? asked : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
    painted(theme);
    return theme;
  };
  button.addEventListener("click", () => {
    try {
      localStorage.setItem("theme", paint() === "dark" ? "light" : "dark");
    } catch {
      return;
    }
    paint();
  });
  dark.addEventListener("change", paint);
  addEventListener("storage", paint);
  paint();
}
