// What scrolls sideways can be reached with Tab, as keyboards need it; what does not is no stop.
function stops() {
  for (const box of document.querySelectorAll(".highlight pre, .table-wrapper, .formula, .cell_output")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", stops);
addEventListener("resize", stops);
