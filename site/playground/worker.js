// Python in a worker: loads Pyodide and the package, then answers one question at a time.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const say = (message) => postMessage(message);
const here = (path) => new URL(path, import.meta.url).href;
let respond;

// Every file passes here, so the page can say how much has come.
let bytes = 0;
const plainFetch = self.fetch;
self.fetch = async (...request) => {
  const response = await plainFetch(...request);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}: ${response.url}`);
  const counted = response.body.pipeThrough(new TransformStream({
    transform(chunk, out) {
      bytes += chunk.length;
      say({ state: "loading", bytes });
      out.enqueue(chunk);
    },
  }));
  return new Response(counted, { headers: response.headers });
};

async function start() {
  const [pyodide, engine, source] = await Promise.all([
    loadPyodide({ indexURL: here("./pyodide/") }),
    fetch(here("./autodiff.zip")).then((response) => response.arrayBuffer()),
    fetch(here("./play.py")).then((response) => response.text()),
  ]);
  say({ state: "starting" });
  pyodide.unpackArchive(engine, "zip", { extractDir: "/lib/engine" });
  pyodide.runPython("import sys; sys.path.insert(0, '/lib/engine')");
  pyodide.runPython(source);
  respond = pyodide.globals.get("respond");
  respond('{"formula": "x^2 sin(x)", "numbers": {}}'); // what is imported late is imported now
  say({ state: "ready" });
}

const started = start().catch((error) => say({ state: "failed", error: String(error) }));

onmessage = async ({ data }) => {
  await started;
  if (respond === undefined) return;
  try {
    say({ id: data.id, answer: JSON.parse(respond(JSON.stringify(data.question))) });
  } catch (error) { // the interpreter itself is gone: the page starts another one
    say({ state: "crashed", error: String(error) });
  }
};
