// Run pytest in Python for browsers, under node: the wheel unpacked, the tests mounted.
// node scripts/test_in_pyodide.mjs PYODIDE WHEEL PACKAGES ROOT [pytest's arguments...]
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

process.on("uncaughtException", (error) => { // without the source line, a megabyte long
  console.error(String(error.stack ?? error).slice(-3000), error.errno ?? "");
  process.exit(3);
});
const [vendored, wheel, packages, root, ...rest] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${vendored}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ env: { PYTHONDONTWRITEBYTECODE: "1", HOME: "/tmp" } });
pyodide.unpackArchive(new Uint8Array(readFileSync(wheel)), "zip", { extractDir: "/repo" });
pyodide.FS.mkdirTree("/packages");
pyodide.mountNodeFS("/packages", packages);
for (const name of ["tests", "notebooks", "docs", "pyproject.toml", "README.md"]) {
  const target = `/repo/${name}`;
  if (name.includes(".")) pyodide.FS.writeFile(target, readFileSync(`${root}/${name}`));
  else {
    pyodide.FS.mkdirTree(target);
    pyodide.mountNodeFS(target, `${root}/${name}`);
  }
}
pyodide.globals.set("arguments", pyodide.toPy(rest));
const code = pyodide.runPython(`
import os, sys
sys.path[:0] = ["/packages"]
os.chdir("/repo")
import pytest
int(pytest.main(["-p", "no:cacheprovider", "--rootdir=/repo", *arguments]))
`);
process.exit(code);
