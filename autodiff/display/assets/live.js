// A live walkthrough: every input can be dragged, and all numbers and texts follow. `stage` is the
// stepper's picture and captions; what is computed here is put where the stepper shows it.
function alive(stage) {
  const { data, parts, root, box } = stage, { live } = data, { program, digits } = live;
  const one = machine(program, PRIMITIVES);
  program.nodes.forEach((node, i) => node || (one.values[i] = live.values[i]));
  const inputs = live.inputs.map(([node, name, free]) => ({ node, name, free, start: live.values[node], ...reach(live.values[node]) }));
  const free = inputs.filter((input) => input.free);
  const numbers = {};
  let adjoints = [], edges = [], stale = new Set(), timer = 0, chosen = free[0];

  // How far a slider goes, and the step of an arrow key: about a hundredth of that.
  function reach(x) {
    const span = 2 * Math.max(1, Math.abs(x)), unit = 10 ** Math.round(Math.log10(span / 200));
    return { low: x - span, high: x + span, unit };
  }

  // ---- numbers -------------------------------------------------------------------------------
  function compute() {
    one.forward();
    adjoints = new Array(one.count).fill(null);
    adjoints[live.root] = 1;
    edges = live.steps.map((step, i) => {
      if (!step.edge) return null;
      const [user, position, receiver] = step.edge, n = i + 1, upstream = adjoints[user];
      const slope = one.code[user] ? one.local(user, position) : null;
      const before = adjoints[receiver];
      const kink = Object.keys(step.as).some((key) => key.includes("k")) ? chosenSlope(one.code[user], position, one.values[user], one.operands(user)) : null;
      const given = upstream !== null && slope !== null, amount = given ? upstream * slope : null;
      if (given) adjoints[receiver] = before === null ? amount : before + amount;
      const total = adjoints[receiver];
      numbers[`l${n}`] = slope;
      numbers[`k${n}`] = kink;
      numbers[`c${n}`] = amount;
      numbers[`t${n}`] = total;
      const none = (given ? before : total) === null ? "n" : "";
      const kind = given ? "c" : upstream !== null ? "s" : slope === null ? "us" : "u";
      return { given, upstream, slope, amount, before, total, kink, key: kind + (kink !== null ? "k" : "") + none };
    });
    for (let i = 0; i < one.count; i++) {
      numbers[`v${i}`] = one.values[i];
      numbers[`a${i}`] = adjoints[i] ?? 0;
    }
  }
  const variant = (step, key) => step.as[key] || step.as[key.replace("n", "")] || step.as[key.replace("us", "u")] || Object.values(step.as)[0];
  const fill = (template, size) => filled(template, numbers, digits, size);

  // ---- texts ---------------------------------------------------------------------------------
  function prepare(at) {
    if (!stale.delete(at)) return;
    const step = live.steps[at], told = data.steps[at];
    let say, math, spoken;
    if (step.said !== undefined) {
      const truth = step.as[""] ? "" : String(Number(one.values[step.node] !== 0));
      [math, spoken] = step.as[truth];
      const reading = step.doubt.filter((i) => edges[i].given).join(",");
      say = step.said[reading] ?? Object.values(step.said).at(-1);
    } else {
      const skips = edges.some((edge) => edge && !edge.given);
      [say, math, spoken] = step.edge ? variant(step, edges[at].key) : (skips && step.as.s) || step.as[""];
    }
    told.say = fill(say);
    told.math = math.map((line) => `<math display="block">${fill(line)}</math>`);
    told.speak = `${[told.say, ...spoken.map((line) => fill(line))].map((line) => line.replace(/\.+$/, "")).join(". ")}.`;
    stage.write(at);
  }
  live.steps.forEach((step, i) => { // predict mode asks for them when it needs them
    const told = data.steps[i];
    if (step.node !== undefined ? told.ask === undefined : !step.edge) return;
    const answer = () => (edges[i] ? edges[i].amount : one.values[step.node]);
    Object.defineProperties(told, {
      is: { get: () => (Number.isFinite(answer()) && (!edges[i] || edges[i].given) ? answer() : undefined) },
      slips: { get: () => slipsOf(edges[i], answer(), step.node !== undefined && one.code[step.node] ? one.operands(step.node) : [], step) },
    });
  });
  function slipsOf(edge, answer, operands, step) { // questions.py
    const near = (a, b) => Math.abs(a - b) <= 6e-4 * Math.abs(b) + 1e-12, found = [];
    const add = (number, reason) => {
      if (Number.isFinite(number) && !near(number, answer) && !found.some(([other]) => near(number, other))) found.push([number, reason]);
    };
    add(-answer, "sign");
    if (!edge && operands.length === 2) {
      const [x, y] = operands;
      [[x + y, "added"], [x * y, "multiplied"], [x - y, "subtracted"]].forEach((pair) => add(...pair));
    }
    if (edge) {
      const { slope, upstream, total } = edge;
      [[slope, "local"], [upstream, "factor"], [upstream + slope, "added"]].forEach((pair) => add(...pair));
      if (slope) add(upstream / slope, "divided");
      if (step.uses > 1) add(total, "sum");
    }
    return found.map(([number, reason]) => [Number(number.toPrecision(6)), reason]);
  }

  // ---- the picture ---------------------------------------------------------------------------
  // While a number moves, tooltips wait.
  function paint(all) {
    for (const [key, [title, node, truth]] of Object.entries(live.cards)) {
      const part = parts.get(key), value = one.values[node], slot = part.slots.value;
      if (slot) slot.full = truth ? String(value !== 0) : asSpans(value, digits, 13 * live.scale);
      if (part.title && all) {
        part.told = `${title}: value ${repr(value)}, grad ${repr(adjoints[node] ?? 0)}`;
        part.said = [part.told, title, `: value ${repr(value)}`, `, grad ${repr(adjoints[node] ?? 0)}`];
      }
    }
    const notes = new Map();
    live.steps.forEach((step, i) => {
      if (!step.edge) return;
      const [user, position] = step.edge, edge = edges[i], told = data.steps[i];
      told.kind = edge.given ? "contribution" : "skipped";
      told.read = edge.given ? step.reads : undefined;
      told.grad = edge.total === null ? undefined : asSpans(edge.total, digits, 13 * live.scale);
      if (edge.kink !== null) notes.set(`n${user}`, `no derivative here; ${asText(edge.kink, 4)} is chosen`);
      const wire = live.wires[`e${user}_${position}`], part = parts.get(`e${user}_${position}`);
      if (!wire || !part) return;
      const key = (edge.slope === null ? "s" : "c") + (edge.kink !== null ? "k" : "");
      const [title, label, kind] = wire[key] || Object.values(wire)[0];
      if (all) part.told = fill(title);
      const number = part.group.querySelector("text.local");
      if (part.way === key && (number || typeof label === "string")) {
        if (number) number.innerHTML = asSpans(edge.slope, digits, 12 * live.scale);
        return;
      }
      part.way = key;
      part.group.querySelectorAll("text").forEach((text) => text.remove());
      part.group.insertAdjacentHTML("beforeend", fill(label, 12 * live.scale));
      part.group.querySelectorAll(".wire,.unused").forEach((line) => line.setAttribute("class", kind));
    });
    for (const key of Object.keys(live.cards)) {
      const note = parts.get(key).group.querySelector(".note");
      if (note) note.textContent = notes.get(key) || "";
    }
    stage.find(".heading").innerHTML = fill(live.heading);
  }

  function follow(tell = true) {
    compute();
    live.steps.forEach((_, i) => stale.add(i));
    paint(!tell);
    if (tell) {
      clearTimeout(timer);
      timer = setTimeout(() => (paint(true), stage.again(), rest()), 120);
    }
    stage.again();
    panel.follow();
    if (tell) remember();
  }
  const rest = () => live.steps.forEach((_, at) => prepare(at)); // all captions: one height, and paper
  function set(input, value, tell) {
    if (!Number.isFinite(value)) return;
    one.values[input.node] = value;
    chosen = input;
    follow(tell);
  }
  const round = (input, value) => Number((Math.round(value / input.unit) * input.unit).toPrecision(12));

  // ---- the address, and whoever holds the frame ----------------------------------------------
  function remember() {
    const state = Object.fromEntries(inputs.map(({ name, node }) => [name, one.values[node]]));
    if (window.parent !== window) window.parent.postMessage({ autodiff: state }, "*");
    if (!stage.alone) return;
    const wanted = stage.address();
    for (const [name, value] of Object.entries(state)) wanted.set(name, value);
    try {
      history.replaceState(null, "", `#${wanted}`);
    } catch {
      // a sandboxed frame has no address of its own
    }
  }
  function arrive() {
    const wanted = stage.address();
    for (const input of free) {
      const value = wanted.get(input.name);
      if (value !== null && value.trim() && Number.isFinite(Number(value))) one.values[input.node] = Number(value);
    }
    follow(false);
    rest();
  }
  window.addEventListener("beforeprint", rest, true);

  // ---- numbers that are dragged on their cards -------------------------------------------------
  function keys(input, event) {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    set(input, Number((one.values[input.node] + way * input.unit * (event.shiftKey ? 0.1 : 1)).toPrecision(12)));
  }
  for (const input of free) {
    const part = parts.get(`n${input.node}`);
    if (!part) continue;
    const { group } = part;
    for (const [name, value] of Object.entries({ tabindex: 0, role: "spinbutton", "aria-label": input.name })) group.setAttribute(name, value);
    group.style.cssText = "cursor:ew-resize;touch-action:pan-y";
    group.ownerSVGElement.setAttribute("role", "group"); // a picture with controls is more than an image
    input.card = group;
    let from = null;
    group.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, value: one.values[input.node] };
      group.setPointerCapture(event.pointerId);
    });
    group.addEventListener("pointermove", (event) => {
      if (from) set(input, round(input, from.value + (event.clientX - from.x) * input.unit * (event.shiftKey ? 0.1 : 1)));
    });
    for (const name of ["pointerup", "pointercancel"]) group.addEventListener(name, () => (from = null));
    group.addEventListener("touchstart", (event) => event.stopPropagation(), { passive: true });
    group.addEventListener("keydown", (event) => keys(input, event));
  }

  // ---- paths -----------------------------------------------------------------------------------
  const users = new Map();
  live.steps.forEach((step, i) => step.edge && users.set(step.edge[2], [...(users.get(step.edge[2]) || []), i]));
  function pathsFrom(node, most = 40) {
    if (node === live.root) return [[]];
    const found = [];
    for (const i of users.get(node) || []) {
      if (found.length >= most) break;
      for (const rest of pathsFrom(live.steps[i].edge[0], most - found.length)) found.push([i, ...rest]);
    }
    return found;
  }
  function light(node) {
    root.querySelectorAll(".onpath").forEach((each) => each.classList.remove("onpath"));
    const where = stage.find(".paths");
    where.textContent = "";
    if (node === null || node === live.root) return;
    const paths = pathsFrom(node), lines = [];
    for (const path of paths) {
      const factors = path.map((i) => edges[i].slope ?? 0);
      if (lines.length < 4) lines.push(`${factors.map((x, at) => (x < 0 && at ? `(${asText(x, digits)})` : asText(x, digits))).join(" · ")}${factors.length > 1 ? ` ≈ ${asText(factors.reduce((a, b) => a * b, 1), digits)}` : ""}`);
      for (const i of path) {
        const [user, position] = live.steps[i].edge;
        parts.get(`e${user}_${position}`)?.group.classList.add("onpath");
      }
    }
    where.textContent = `${paths.length} path${paths.length === 1 ? "" : "s"} to the output: ${lines.join("   +   ")}${paths.length > 4 ? "   + …" : ""}`;
  }
  for (const [key, [, node]] of Object.entries(live.cards)) {
    const { group } = parts.get(key);
    group.addEventListener("pointerenter", () => light(node));
    group.addEventListener("pointerleave", () => light(null));
  }
  stage.find(".captions").addEventListener("pointerover", (event) => {
    const wire = data.steps[stage.step()].wire, factor = event.target.closest?.(".l");
    const group = wire && parts.get(wire)?.group;
    if (group) group.classList.toggle("onpath", Boolean(factor));
  });

  stage.prepare = prepare;
  const panel = controls({ stage, live, free, inputs, one, fill, set, keys, round, follow, chosen: () => chosen, adjoints: () => adjoints });
  box.classList.add("alive");
  box.classList.toggle("still", live.still);
  window.addEventListener("hashchange", arrive);
  arrive();
}
