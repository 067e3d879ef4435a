// Whether what an element stands on is dark: as the host says, else as it really looks.
function surroundingsAreDark(host) {
  const body = document.body;
  if (body.classList.contains("vscode-dark") || body.dataset.jpThemeLight === "false") return true;
  if (body.classList.contains("vscode-light") || body.dataset.jpThemeLight === "true") return false;
  for (let at = host.parentNode; at; at = at.parentNode || at.host) {
    if (!(at instanceof Element)) continue;
    const [r, g, b, opaque = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) || []).map(Number);
    if (b !== undefined && opaque > 0.5) return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}
function watchSurroundings(paint) {
  const watch = new MutationObserver(paint);
  for (const element of [document.documentElement, document.body]) {
    watch.observe(element, { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-light", "data-theme"] });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}
