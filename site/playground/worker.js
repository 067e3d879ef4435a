// Python in a worker: loads Pyodide and the package, then answers one question at a time.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const say = (message) => postMessage(message);
let respond;

async function start() {
  say({ state: "loading Python" });
  const [pyodide, wheel, source] = await Promise.all([
    loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href }),
    fetch("./autodiff.zip").then((response) => response.arrayBuffer()),
    fetch("./play.py").then((response) => response.text()),
  ]);
  say({ state: "loading the engine" });
  pyodide.unpackArchive(wheel, "zip", { extractDir: "/lib/engine" });
  pyodide.runPython("import sys; sys.path.insert(0, '/lib/engine')");
  pyodide.runPython(source);
  respond = pyodide.globals.get("respond");
  say({ state: "ready" });
}

const started = start().catch((error) => say({ state: "failed", error: String(error) }));

onmessage = async ({ data }) => {
  await started;
  if (respond === undefined) return;
  try {
    say({ id: data.id, answer: JSON.parse(respond(JSON.stringify(data.question))) });
  } catch (error) { // the interpreter itself is gone: the page starts another one
    say({ id: data.id, state: "crashed", error: String(error) });
  }
};
