// A live walkthrough: every input can be dragged, and all numbers and texts follow. `stage` is the
// stepper's picture and captions; what is computed here is put where the stepper shows it.
function alive(stage) {
  const { data, parts, root, box, find, whole } = stage, { live } = data, { program, digits } = live;
  const one = machine(program, PRIMITIVES), numbers = {};
  program.nodes.forEach((node, i) => node || (one.values[i] = live.values[i]));
  const inputs = live.inputs.map(([node, name, why]) => ({ node, name, why, start: live.values[node], ...reach(live.values[node]) }));
  const free = inputs.filter((input) => !input.why);
  let adjoints = [], edges = [], stale = new Set(), frame = 0, timer = 0;
  let said = Object.fromEntries(inputs.map(({ name, start }) => [name, start])); // the parent knows
  const fill = (template, size) => whole(filled(template, numbers, digits, size));

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
      const slope = one.code[user] ? one.local(user, position) : step.slope, before = adjoints[receiver];
      const kink = step.kink ? chosenSlope(one.code[user], position, one.values[user], one.operands(user)) : null;
      const given = upstream !== null && slope !== null, amount = given ? upstream * slope : null;
      if (given) adjoints[receiver] = before === null ? amount : before + amount;
      const total = adjoints[receiver];
      numbers[`l${n}`] = slope;
      numbers[`k${n}`] = kink;
      numbers[`c${n}`] = amount;
      numbers[`t${n}`] = total;
      const none = (given ? before : total) === null ? "n" : "";
      const kind = given ? "c" : upstream !== null ? "s" : slope === null ? "us" : "u";
      return { given, upstream, slope, amount, total, kink, key: kind + (kink !== null ? "k" : "") + none };
    });
    for (let i = 0; i < one.count; i++) {
      numbers[`v${i}`] = one.values[i];
      numbers[`a${i}`] = adjoints[i] ?? 0;
    }
    live.steps.forEach((_, i) => stale.add(i));
  }

  // ---- texts ---------------------------------------------------------------------------------
  const listed = (words) => (words.length > 4 ? `${words.slice(0, 3).join(", ")} and ${words.length - 3} more` : words.join(", ").replace(/, ([^,]*)$/, " and $1")); // captions.py
  const variant = (step, key) => step.as[key] || step.as[key.replace("n", "")] || step.as[key.replace("us", "u")] || Object.values(step.as)[0];
  stage.prepare = (at) => {
    if (!stale.delete(at)) return;
    const step = live.steps[at], told = data.steps[at];
    let say = "", math = [], spoken = [];
    if (step.said) {
      const truth = step.as[""] ? "" : String(Number(one.values[step.node] !== 0));
      [math, spoken] = step.as[truth];
      const [without, start, readers = []] = step.said;
      const words = readers.filter(([i]) => edges[i].given).slice(0, 9).map(([, word]) => word);
      say = words.length ? `${start}${listed([...new Set(words)])}.` : without;
    } else if (step.as) {
      const skips = edges.some((edge) => edge && !edge.given);
      [say, math, spoken] = step.edge ? variant(step, edges[at].key) : (skips && step.as.s) || step.as[""];
    }
    told.say = fill(say);
    told.math = math.map((line) => fill(line));
    told.speak = `${[told.say, ...spoken.map((line) => fill(line))].map((line) => line.replace(/\.+$/, "")).join(". ")}.`;
  };
  live.steps.forEach((step, i) => {
    const told = data.steps[i];
    if (!step.ask) return; // predict mode asks for them when it needs them
    told.ask = step.ask;
    const answer = () => (edges[i] ? edges[i].amount : one.values[step.node]);
    Object.defineProperties(told, {
      is: { get: () => (Number.isFinite(answer()) && (!edges[i] || edges[i].given) ? answer() : undefined) },
      slips: { get: () => slipsOf(edges[i], answer(), step.node && one.code[step.node] ? one.operands(step.node) : [], step) },
    });
  });
  function slipsOf(edge, answer, operands, step) { // questions.py
    const found = [];
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

  // ---- the picture: only what changed is touched -------------------------------------------------
  const cards = Object.entries(live.cards).map(([key, [title, node, truth]]) => ({ part: parts.get(key), title, node, truth, note: parts.get(key).group.querySelector(".note") }));
  const wires = live.steps.flatMap((step, i) => {
    const key = data.steps[i].wire;
    return live.wires[key] && parts.has(key) ? [{ i, ways: live.wires[key], part: parts.get(key) }] : [];
  });
  let head = "";
  function paint() {
    const notes = {};
    live.steps.forEach((step, i) => {
      if (!step.edge) return;
      const edge = edges[i], told = data.steps[i];
      told.kind = edge.given ? "contribution" : "skipped";
      told.read = edge.given ? step.reads : undefined;
      if (!Object.is(told.total, edge.total)) told.grad = (told.total = edge.total) === null ? undefined : asSpans(edge.total, digits, 13 * live.scale);
      if (edge.kink !== null) notes[step.edge[0]] = `no derivative here; ${asText(edge.kink, 4)} is chosen`;
    });
    for (const card of cards) {
      const value = one.values[card.node], slot = card.part.slots.value;
      if (card.note) stage.put(card.note, notes[card.node] || "");
      if (!slot || Object.is(card.value, value)) continue;
      card.value = value;
      slot.full = card.truth ? String(value !== 0) : asSpans(value, digits, 13 * live.scale);
    }
    for (const wire of wires) {
      const { slope, kink } = edges[wire.i], key = (slope === null ? "s" : "c") + (kink !== null ? "k" : "");
      if (wire.key === key && Object.is(wire.slope, slope)) continue;
      wire.slope = slope;
      const { group } = wire.part, [, label, kind] = wire.ways[key] || Object.values(wire.ways)[0];
      if (wire.key !== key && !label) wire.number = group.querySelector("text.local");
      if (wire.key === key || !label) wire.number && stage.put(wire.number, asSpans(slope, digits, 12 * live.scale));
      else {
        group.querySelectorAll("text").forEach((text) => text.remove());
        group.insertAdjacentHTML("beforeend", fill(label, 12 * live.scale));
        wire.number = group.querySelector("text.local");
        group.querySelectorAll(".wire,.unused").forEach((line) => line.setAttribute("class", kind));
      }
      wire.key = key;
    }
    const now = fill(live.heading);
    if (now !== head) find(".heading").innerHTML = head = now;
  }
  function tooltips() {
    for (const { part, title, node } of cards) {
      if (!part.title) continue;
      part.said = ["", title, `: value ${repr(one.values[node])}`, `, grad ${repr((adjoints[node] ?? 0) + 0)}`];
      part.told = part.said.join("");
    }
    for (const wire of wires) wire.part.told = fill((wire.ways[wire.key] || Object.values(wire.ways)[0])[0]);
  }

  // ---- what moves: at the next frame the picture follows; what is heard, hovered and kept waits
  // until the number rests ----------------------------------------------------------------------
  function draw(rests) {
    cancelAnimationFrame(frame);
    frame = 0;
    compute();
    paint();
    stage.again();
    panel.follow(rests === true);
    if (paths.length) products();
    const state = Object.fromEntries(inputs.map(({ name, node }) => [name, one.values[node]]));
    const moved = inputs.some(({ name }) => !Object.is(state[name], said[name]));
    if (moved && window.parent !== window) window.parent.postMessage({ autodiff: state }, "*");
    said = state;
    return state;
  }
  function settle() {
    clearTimeout(timer);
    const state = draw(true);
    tooltips();
    stage.again(true);
    if (!stage.alone()) return;
    const wanted = stage.address();
    for (const [name, value] of Object.entries(state)) wanted.set(name, value);
    stage.keep(wanted);
  }
  function follow() {
    frame ||= requestAnimationFrame(draw);
    clearTimeout(timer);
    timer = setTimeout(settle, 150);
  }
  function set(input, value) {
    if (!Number.isFinite(value)) return;
    one.values[input.node] = value;
    state.chosen = input;
    follow();
  }
  const round = (input, value) => Number((Math.round(value / input.unit) * input.unit).toPrecision(12));
  function arrive() { // numbers in the address
    const wanted = stage.address();
    for (const input of stage.alone() ? free : []) {
      const value = wanted.get(input.name);
      if (value !== null && value.trim() && Number.isFinite(Number(value))) one.values[input.node] = Number(value);
    }
    draw(true);
    tooltips();
    stage.again(true);
  }

  // ---- numbers that are dragged on their cards -------------------------------------------------
  function keys(input, event) {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    set(input, Number((one.values[input.node] + way * input.unit * (event.shiftKey ? 0.1 : 1)).toPrecision(12)));
  }
  for (const input of free) {
    const group = parts.get(`n${input.node}`)?.group;
    if (!group) continue;
    write(group, { tabindex: 0, role: "spinbutton", "aria-label": input.name, style: "cursor:ew-resize;touch-action:pan-y" });
    group.ownerSVGElement.setAttribute("role", "group"); // a picture with controls is more than an image
    input.card = group;
    let from = null;
    on(group, "pointerdown", (event) => {
      from = { x: event.clientX, value: one.values[input.node] };
      group.setPointerCapture(event.pointerId);
    });
    on(group, "pointermove", (event) => {
      if (from) set(input, round(input, from.value + (event.clientX - from.x) * input.unit * (event.shiftKey ? 0.1 : 1)));
    });
    for (const name of ["pointerup", "pointercancel"]) on(group, name, () => (from = null));
    on(group, "touchstart", (event) => event.stopPropagation(), { passive: true });
    on(group, "keydown", (event) => keys(input, event));
    on(group, "focus", () => light(input.node)); // a listener makes a group of SVG one for Tab
    on(group, "blur", () => light(null));
  }

  // ---- paths -----------------------------------------------------------------------------------
  function pathsFrom(node, most = 40) {
    if (node === live.root) return [[]];
    const found = [];
    live.steps.forEach(({ edge }, i) => {
      if (!edge || edge[2] !== node || found.length >= most) return;
      for (const rest of pathsFrom(edge[0], most - found.length)) found.push([i, ...rest]);
    });
    return found;
  }
  let paths = []; // of the card under the pointer
  function light(node) {
    paths = node === null || node === live.root ? [] : pathsFrom(node);
    root.querySelectorAll(".onpath").forEach((each) => each.classList.remove("onpath"));
    for (const i of paths.flat()) parts.get(data.steps[i].wire)?.group.classList.add("onpath");
    products();
  }
  function products() {
    const lines = paths.slice(0, 4).map((path) => {
      const factors = path.map((i) => edges[i].slope ?? 0), all = factors.reduce((a, b) => a * b, 1);
      const product = factors.map((x, at) => (x < 0 && at ? `(${asText(x, digits)})` : asText(x, digits))).join(" · ");
      const sign = [all, ...factors].every((x) => shown(x, digits).exact) ? "=" : "≈";
      return factors.length > 1 ? `${product} ${sign} ${asText(all, digits)}` : product;
    });
    find(".paths").textContent = lines.length ? `${paths.length} path${paths.length === 1 ? "" : "s"} to the output: ${lines.join("   +   ")}${paths.length > 4 ? "   + …" : ""}` : panel.hint;
  }
  for (const { part, node } of cards) {
    on(part.group, "pointerenter", () => light(node));
    on(part.group, "pointerleave", () => light(null));
  }
  find(".captions").addEventListener("pointerover", (event) => {
    const group = parts.get(data.steps[stage.step()].wire)?.group;
    if (group) group.classList.toggle("onpath", Boolean(event.target.closest?.(".l")));
  });

  const state = { stage, live, free, inputs, one, set, keys, round, follow, compute, chosen: free[0], slope: (input) => adjoints[input.node] ?? 0 };
  const panel = controls(state);
  box.classList.add("alive");
  write(find(".graph svg"), { role: "group" }); // an image may not hold what is focused
  box.classList.toggle("still", Boolean(live.still));
  on(window, "hashchange", arrive);
  arrive();
}
