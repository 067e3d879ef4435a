// The playground: a formula goes to Python in a worker, the picture that comes back is shown.
// The picture is live without Python; only a new formula needs it.
import { Engine } from "./engine.js";

const $ = (id) => document.getElementById(id);
const box = $("formula"), frame = $("picture");
let shown = null; // the formula in the picture
let step = null; // the step that the stepper shows, once somebody has gone to one
let patient = 0; // the timer of what was typed
const template = fetch("frame.html").then((response) => response.text());

const tell = (words, busy) => {
  if ($("state").textContent !== words) $("state").textContent = words;
  $("state").classList.toggle("busy", busy);
};
const engine = new Engine(tell, answered);

function element(tag, className, ...parts) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...parts);
  return made;
}

// ---- asking ------------------------------------------------------------------------------------

const numbers = () => Object.fromEntries([...$("numbers").querySelectorAll("input")].map((input) => [input.name, input.value.trim()]));

function draw(picture = true, typing = false) {
  clearTimeout(patient);
  if (picture) frame.classList.add("old");
  engine.ask({ formula: box.value, numbers: numbers(), picture, typing });
}
const soon = () => {
  clearTimeout(patient);
  patient = setTimeout(() => draw(true, true), 250);
};

// ---- showing -----------------------------------------------------------------------------------

function answered(answer, asked = true) {
  if (answer.formula !== box.value) return; // somebody has typed on
  if (!answer.picture && !engine.busy) frame.classList.remove("old");
  if (answer.numbers) showNumbers(answer.numbers, true);
  box.setAttribute("aria-invalid", Boolean(answer.error));
  if (answer.error) return $("echo").replaceChildren(element("pre", "", ...marked(answer.error)));
  const lines = answer.echo.map((line) => element("p", "", "read as ", element("code", "", line)));
  lines.push(element("p", "", `${answer.name} = `, element("span", "value", minus(answer.result))));
  for (const [name, slope] of Object.entries(answer.gradients)) {
    lines.push(element("p", "", `d${answer.name}/d${name} = `, element("span", "grad", minus(slope))));
  }
  lines.push(...answer.notes.map((note) => element("p", "note", note)));
  $("echo").replaceChildren(...lines);
  $("derivation").innerHTML = answer.derivation.join("") || "<p>There is no variable.</p>";
  $("python").textContent = answer.python;
  $("latex").textContent = answer.latex;
  if (answer.picture) showPicture(answer.picture, answer.formula);
  if (asked) remember();
}

const minus = (number) => number.replaceAll("-", "−");
const marked = (text) => { // the first line wraps, the caret stays below its place
  const [first, ...rest] = text.split("\n");
  return [element("span", "", first), ...(rest.length ? ["\n", rest.join("\n")] : [])];
};

// The fields for these numbers; with `keep`, what somebody may be typing stays as it is.
function showNumbers(given, keep = false) {
  const fields = new Map([...$("numbers").querySelectorAll("input")].map((field) => [field.name, field]));
  const wanted = Object.entries(given).map(([name, value]) => {
    const known = fields.get(name), field = known ?? element("input");
    if (!known) Object.assign(field, { name, autocomplete: "off", spellcheck: false });
    if (!known || !keep) field.value = value;
    return known ? field.parentElement : element("label", "", `${name} = `, field);
  });
  const now = [...$("numbers").children], focus = document.activeElement;
  if (now.length === wanted.length && now.every((label, i) => label === wanted[i])) return;
  $("numbers").replaceChildren(...wanted);
  if (focus.isConnected) focus.focus();
}

async function showPicture(picture, formula) {
  if (formula !== shown) step = shown === null ? step : null;
  shown = formula;
  frame.srcdoc = (await template).replace("PICTURE", () => picture);
}

// ---- the picture in its frame --------------------------------------------------------------------

const settled = new WeakSet();
function settle() {
  const inside = frame.contentDocument;
  const host = inside?.querySelector("[data-autodiff-stepper]");
  if (!host || settled.has(host)) return;
  settled.add(host);
  if (!engine.busy) frame.classList.remove("old");
  const fit = () => { frame.style.height = `${Math.ceil(host.getBoundingClientRect().height) + 2}px`; };
  new ResizeObserver(fit).observe(host);
  fit();
  go(inside, step ?? 9999); // where one was, else all of it
  host.addEventListener("step", (event) => {
    step = event.detail;
    remember();
  });
}
function go(inside, number) { // without an entry in the history of the browser
  const view = inside.defaultView;
  view.history.replaceState(null, "", `${inside.URL.split("#")[0]}#step=${number}`);
  view.dispatchEvent(new Event("hashchange"));
}
frame.addEventListener("load", settle);

addEventListener("message", (event) => { // a number was dragged in the picture
  if (event.source !== frame.contentWindow || !event.data?.autodiff) return;
  if (frame.classList.contains("old")) return; // another picture is on its way
  for (const [name, number] of Object.entries(event.data.autodiff)) {
    const field = $("numbers").querySelector(`input[name="${CSS.escape(name)}"]`);
    if (field && Number.isFinite(number)) field.value = String(number);
  }
  if (box.value === (shown ?? box.defaultValue)) draw(false);
});

// ---- the link holds the state --------------------------------------------------------------------

function remember() {
  const state = new URLSearchParams({ f: box.value });
  for (const [name, number] of Object.entries(numbers())) state.set(`at.${name}`, number);
  if (step !== null) state.set("step", step);
  history.replaceState(null, "", `#${state}`);
}

function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  if (!state.has("f")) return false;
  box.value = state.get("f");
  showNumbers(Object.fromEntries([...state].filter(([key]) => key.startsWith("at.")).map(([key, text]) => [key.slice(3), text])));
  step = Number(state.get("step")) || null;
  return true;
}

// ---- what people do ------------------------------------------------------------------------------

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  draw();
});
box.addEventListener("input", soon);
$("numbers").addEventListener("input", soon);
$("examples").addEventListener("change", ({ target }) => {
  const chosen = target.selectedOptions[0];
  if (!chosen.value) return;
  box.value = chosen.textContent;
  showNumbers({ ...chosen.dataset });
  target.value = "";
  draw();
});
$("share").addEventListener("click", async () => {
  remember();
  try {
    await navigator.clipboard.writeText(location.href);
    tell("The link is copied: it holds the formula, the numbers and the step.", false);
  } catch {
    tell("Copy the address of this page: it holds the formula, the numbers and the step.", false);
  }
});
addEventListener("hashchange", () => recall() && draw());
addEventListener("theme", () => {
  const page = frame.contentDocument?.documentElement; // none while a document is on its way
  if (page) page.dataset.theme = document.documentElement.dataset.theme;
});

if (frame.contentDocument?.readyState === "complete") settle();
if (recall()) draw();
else {
  const toy = await (await fetch("toy.json")).json();
  if (!engine.busy && !engine.count) answered(toy, false);
}
