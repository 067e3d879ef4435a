// A drawing follows the page: the colours of one theme are exchanged for those of the other.
function themed(image, ground, colours) {
  const light = image.src;
  function paint() {
    if (!surroundingsAreDark(image)) { image.src = light; return; }
    let dark = light.replace(ground[0], ground[1]);
    for (const [from, to] of colours) dark = dark.replaceAll(from, to);
    image.src = dark;
  }
  watchSurroundings(paint);
  paint();
}
