// The playground: a formula goes to Python in a worker, the live page that comes back is shown.
// The picture is live without Python; only a new formula needs it.

const $ = (id) => document.getElementById(id);
const PATIENCE = 20000; // ms: after this a question counts as lost, and Python is started anew
let worker, ready = false, count = 0, waiting = null, values = {};

function start() {
  ready = false;
  worker?.terminate();
  worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data }) => receive(data);
  worker.onerror = (event) => restart(event.message || "the worker stopped");
}

function restart(why) {
  const lost = waiting;
  waiting = null;
  tell(`Python stopped (${why}); it is starting again.`);
  start();
  if (lost && !lost.again) ask(lost.question, true);
  else if (lost) complain("this formula is too much for Python in a browser; try a smaller one");
}

function receive(message) {
  if (message.state === "ready") {
    ready = true;
    tell("Python is ready.");
    if (waiting) post();
  } else if (message.state === "crashed") restart(message.error.split("\n")[0]);
  else if (message.state === "failed") tell(`Python could not be loaded: ${message.error}. The picture stays live.`);
  else if (message.state) tell(`${message.state}… the picture is live already.`);
  else if (waiting && message.id === waiting.id) {
    clearTimeout(waiting.timer);
    waiting = null;
    show(message.answer);
  }
}

function ask(question, again = false) {
  if (waiting) clearTimeout(waiting.timer);
  waiting = { id: ++count, question, again };
  if (ready) post();
  else tell("waiting for Python…");
}

function post() {
  worker.postMessage({ id: waiting.id, question: waiting.question });
  waiting.timer = setTimeout(() => restart("no answer"), PATIENCE);
}

const tell = (text) => { $("state").textContent = text; };

function complain(text, position = null) {
  $("echo").className = "bad";
  const pointer = position === null ? "" : `\n${$("formula").value}\n${" ".repeat(position)}^`;
  $("echo").textContent = text + pointer;
}

function show(answer) {
  if (answer.error) return complain(answer.error, answer.position);
  $("echo").className = "";
  const gradients = Object.entries(answer.gradients).map(([name, slope]) => `df/d${name} = ${slope}`);
  $("echo").textContent = `read as ${answer.echo}: f = ${answer.result}${gradients.map((each) => `, ${each}`).join("")}`;
  $("picture").srcdoc = answer.page;
  $("python").textContent = answer.python;
  $("latex").textContent = answer.latex;
  values = answer.values;
  remember();
}

// ---- the link holds the state ----------------------------------------------------------------

function remember() {
  const state = new URLSearchParams({ f: $("formula").value });
  for (const [name, number] of Object.entries(values)) state.set(`x.${name}`, number);
  history.replaceState(null, "", `#${state}`);
}

function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  if (!state.has("f")) return false;
  $("formula").value = state.get("f");
  values = {};
  for (const [key, text] of state) {
    const number = Number(text);
    if (key.startsWith("x.") && text !== "" && Number.isFinite(number)) values[key.slice(2)] = number;
  }
  return true;
}

addEventListener("message", (event) => { // a number was dragged in the picture
  if (event.source !== $("picture").contentWindow || typeof event.data?.autodiff !== "object") return;
  for (const [name, number] of Object.entries(event.data.autodiff ?? {})) {
    if (Number.isFinite(number)) values[name] = number;
  }
  remember();
});

const draw = () => ask({ formula: $("formula").value, values });

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  draw();
});
$("examples").addEventListener("change", (event) => {
  const chosen = event.target.selectedOptions[0];
  if (!chosen.value) return;
  $("formula").value = chosen.textContent;
  values = Object.fromEntries(Object.entries(chosen.dataset).map(([name, text]) => [name, Number(text)]));
  draw();
});
$("share").addEventListener("click", async () => {
  remember();
  try {
    await navigator.clipboard.writeText(location.href);
    tell("The link is copied: it holds the formula and the numbers.");
  } catch {
    tell("Copy the address of this page: it holds the formula and the numbers.");
  }
});
addEventListener("hashchange", () => recall() && draw());

start();
if (recall()) draw();
