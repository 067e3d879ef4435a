// A drawing follows the page: the colours of one theme are exchanged for those of the other. A
// click on a collapsed card opens it, another click closes it.
function drawing(image, ground, colours, inside) {
  const outside = image.src;
  let shown = outside;
  function paint() {
    if (!ground || !surroundingsAreDark(image)) { image.src = shown; return; }
    let dark = shown.replace(ground[0], ground[1]);
    for (const [from, to] of colours) dark = dark.replaceAll(from, to);
    image.src = dark;
  }
  if (inside.length) {
    image.style.cursor = "zoom-in";
    image.title = "Click a collapsed card to open it";
    image.addEventListener("click", (event) => {
      const scale = image.naturalWidth / image.clientWidth;
      const x = event.offsetX * scale, y = event.offsetY * scale;
      const card = inside.find(([left, top, width, height]) => x >= left && x <= left + width && y >= top && y <= top + height);
      shown = shown === outside && card ? card[4] : outside;
      image.style.cursor = shown === outside ? "zoom-in" : "zoom-out";
      paint();
    });
  }
  if (ground) watchSurroundings(paint);
  paint();
}
