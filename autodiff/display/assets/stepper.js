"use strict";

// Everything of one stepper lives in the shadow root of its host, so two steppers, or a stepper
// and the style sheet of a notebook, never meet. `data` is what walkthrough.py wrote.
const on = (element, name, act, how) => element.addEventListener(name, act, how);
const write = (element, values) => Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
// A number that somebody typed; what is none is NaN.
const typed = (field) => Number(field.value.trim().replace("−", "-").replace(",", ".") || NaN);
const near = (a, b) => Math.abs(a - b) <= 6e-4 * Math.abs(b) + 1e-12; // predictions.py
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function stepper(host, data, phrases) {
  if (host.shadowRoot) return;
  // Text that repeats stands in `phrases`; in the data a mark and a sign stand for it (phrases.py).
  const whole = (text, known = phrases) => text.split(known[0]).map((part, i) => {
    if (!i) return part;
    const place = part.charCodeAt(0) - 37;
    if (place <= 64) return whole(known[place], known) + part.slice(1);
    return whole(known[place + 87 * (place - 65) + part.charCodeAt(1) - 38], known) + part.slice(2);
  }).join("");
  phrases.forEach((phrase, i) => i && (phrases[i] = whole(phrase)));
  const image = host.querySelector("img"); // its address is the picture
  const root = host.attachShadow({ mode: "open" });
  const count = data.steps.length;
  if (data.live) data.live.steps.forEach(({ edge }, i) => edge && Object.assign(data.steps[i], { from: `n${edge[0]}`, wire: `e${edge[0]}_${edge[1]}`, to: `n${edge[2]}` }));
  const icon = (d) => `<svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><path d="${d}"/></svg>`;
  const icons = {
    first: "M4 3h2v12H4zM14 3v12L7 9z",
    back: "M11.5 3.5l1.4 1.4L8.8 9l4.1 4.1-1.4 1.4L6 9z",
    next: "M6.5 3.5L5.1 4.9 9.2 9l-4.1 4.1 1.4 1.4L12 9z",
    last: "M12 3h2v12h-2zM4 3v12l7-6z",
    play: "M5 3v12l10-6z",
    pause: "M5 3h3v12H5zM10 3h3v12h-3z",
  };
  // Why a number is wrong, by the slip that gives it (questions.py finds the numbers).
  const operation = (result) => `That is the ${result}: look at the operation.`;
  const slips = {
    sign: "The sign is wrong.",
    local: "That is the local derivative alone: what arrives from further up is the other factor.",
    factor: "A factor is forgotten: multiply what arrives by the local derivative.",
    added: operation("sum"),
    multiplied: operation("product"),
    subtracted: operation("difference"),
    divided: "Multiply by the local derivative; do not divide.",
    sum: "That is the sum so far: this is about one contribution.",
  };
  const button = (name, label) => `<button data-do="${name}" aria-label="${label}" title="${label}">${icon(icons[name])}</button>`;
  root.innerHTML = `<style>${whole(...data.css)}</style>
    <div class="box" tabindex="0" role="group">
      <div class="heading">${whole(data.heading || "")}</div>
      <div class="graph">${decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1))}</div>
      <div class="captions" aria-hidden="true"><div class="caption"></div></div>
      <form class="ask" hidden><span class="what"></span>
        <input name="answer" autocomplete="off" aria-label="Your number">
        <button>Check</button> <button type="button" data-do="reveal">Show</button>
        <p class="verdict" role="status"></p></form>
      <dl class="help" hidden><dt>→ ↓ Enter<dd>next step<dt>← ↑<dd>back<dt>Home, End<dd>first, last<dt>space<dd>play, pause<dt>p<dd>predict: you say the next number<dt>?<dd>these keys</dl>
      <div class="spoken" role="status" aria-live="polite"></div>
      <div class="bar">
        <span class="phase"></span>
        ${button("first", "First step")}${button("back", "Previous step")}
        ${button("next", "Next step")}${button("last", "Last step")}${button("play", "Play")}
        <input type="range" min="1" max="${count}" step="1" aria-label="Step">
        <span class="count"></span>
        <button class="word" data-do="predict" aria-pressed="false" title="You say the next number">Predict</button>
        <button class="word" data-do="help" aria-expanded="false" aria-label="Keys" title="Keys">?</button>
      </div>
    </div>`;
  image.remove();
  const find = (selector) => root.querySelector(selector);
  const box = find(".box"), graph = find(".graph"), slider = find("[type=range]"), ask = find(".ask");
  box.setAttribute("aria-label", `${data.title}. Arrow keys go from step to step.`);
  slider.style.setProperty("--turn", `${(100 * (data.forward - 0.5)) / Math.max(count - 1, 1)}%`);

  // The moving parts of the picture, by key, with the text of their number slots.
  const parts = new Map();
  root.querySelectorAll("[data-key]").forEach((group) => {
    const slots = {};
    const title = group.querySelector("title");
    const told = title ? title.textContent : "";
    group.querySelectorAll("[data-slot]").forEach((text) => {
      slots[text.dataset.slot] = { text, style: text.dataset.slot, full: text.innerHTML };
    });
    parts.set(group.dataset.key, { group, slots, title, told, said: told.match(/^([^]*?)(: value .*?)(, grad .*)?$/) });
  });

  // A tooltip tells what the picture shows by now, and never a number that is still to come.
  const complete = new Map();
  data.steps.forEach((step, index) => step.to && step.kind !== "result" && complete.set(step.to, index));
  const noted = [...root.querySelectorAll(".note")].map((note) => note.closest("[data-key]").dataset.key);
  function tell(key, part, names, at) {
    if (!part.title) return;
    let text = names.includes("quiet") ? "" : part.told;
    if (part.said) {
      const [, label, value, grad = ""] = part.said;
      const done = at === count - 1 || (at >= data.forward && at >= (complete.get(key) ?? Infinity));
      text = label + (names.includes("pending") ? "" : value) + (done ? grad : "");
    }
    if (part.title.textContent !== text) part.title.textContent = text;
  }
  const wires = data.steps.filter((step) => step.wire).map((step) => step.wire);

  const captions = find(".captions"), caption = find(".caption");
  let now = -1;
  function tellStep(index, place = caption) {
    if (stage.prepare) stage.prepare(index);
    const { say, math } = data.steps[index];
    place.innerHTML = `<p></p>${math.map((line) => `<div class="scroll"><math display="block">${whole(line)}</math></div>`).join("")}`;
    place.firstChild.textContent = say;
  }
  // Some captions on top of each other, in one grid cell; what is said of them is measured at once.
  function beside(indices, measure) {
    const places = indices.map((index) => {
      const place = captions.appendChild(document.createElement("div"));
      place.className = "caption";
      tellStep(index, place);
      return place;
    });
    measure();
    return () => places.forEach((place) => place.remove());
  }
  // The highest caption sets the height, once: nothing moves. The longest ones are tried.
  function reserve() {
    captions.style.minHeight = "";
    const long = data.steps.map(({ math }, at) => [-String(math || JSON.stringify(data.live.steps[at].as || 0)).length, at]);
    beside(long.sort(([a], [b]) => a - b).slice(0, 12).map(([, at]) => at), () => {
      shrink();
      captions.style.minHeight = `${Math.ceil(captions.getBoundingClientRect().height) - 20}px`;
    })();
  }

  function put(element, markup) { // a text that only changes its letters stays the same node
    const text = element.firstChild;
    if (text && text.nodeType === 3 && !text.nextSibling && !/[<&]/.test(markup)) text.data = markup;
    else element.innerHTML = markup;
  }
  function fill(slot, markup) {
    if (!slot || slot.now === markup) return;
    if (slot.now === undefined || (slot.now === null) !== (markup === null)) slot.text.setAttribute("class", markup === null ? "none" : slot.style);
    put(slot.text, (slot.now = markup) ?? "–");
  }

  // The state of every card and wire at a step, from the steps alone.
  function states(at) {
    const step = data.steps[at];
    const classes = new Map([...parts.keys()].map((key) => [key, []]));
    const grads = new Map();
    const add = (key, name) => classes.has(key) && classes.get(key).push(name);
    const forward = at < data.forward, swept = new Set(data.steps.slice(0, at + 1).map((each) => each.from));
    for (const key of noted) if (!swept.has(key)) add(key, "unswept");
    if (forward) {
      data.order.forEach((key, index) => {
        if (index > at) [key, ...(data.inputs[key] || [])].forEach((each) => add(each, "pending"));
      });
      (step.read || []).forEach((key) => add(key, "read"));
      add(data.order[at], "computed");
      (data.inputs[data.order[at]] || []).forEach((key) => add(key, "carries"));
      wires.forEach((key) => add(key, "quiet"));
      return { classes, grads };
    }
    const done = new Set();
    for (const earlier of data.steps.slice(data.forward, at + 1)) {
      if (earlier.kind === "result") continue;
      if (earlier.grad !== undefined) grads.set(earlier.to, earlier.grad);
      done.add(earlier.wire);
    }
    wires.forEach((key) => done.has(key) || add(key, "quiet"));
    if (step.wire) add(step.wire, step.kind === "skipped" ? "blocked" : "flows");
    (step.read || []).forEach((key) => (add(key, "read"), add(key, "lit")));
    if (step.from) add(step.from, "sender");
    (step.kind === "result" ? data.leaves : [step.to]).forEach((key) => add(key, "receiver"));
    return { classes, grads };
  }

  let timer = 0;
  let predicting = false;
  let asking = null;

  // The numbers of the current step changed.
  function refresh(at) {
    const step = data.steps[at], { classes, grads } = states(at);
    tellStep(at);
    for (const [key, part] of parts) {
      const names = classes.get(key);
      const looks = names.join(" ");
      if (looks !== part.looks) part.group.setAttribute("class", (part.looks = looks));
      tell(key, part, names, at);
      if (part.slots.value) fill(part.slots.value, names.includes("pending") ? null : part.slots.value.full);
      fill(part.slots.grad, grads.has(key) ? grads.get(key) : step.kind === "result" ? "0" : null);
    }
  }
  function speak() {
    find(".spoken").textContent = `Step ${now + 1} of ${count}. ${data.steps[now].speak}`;
  }
  function show(at) {
    at = Math.max(0, Math.min(count - 1, at));
    if (at === now) return;
    const first = now < 0, step = data.steps[at], forward = at < data.forward;
    now = at;
    refresh(at);
    speak();
    shrink();
    box.classList.toggle("backward", !forward);
    find(".phase").textContent = forward ? "Forward" : "Backward";
    find(".count").textContent = `${at + 1} / ${count}`;
    slider.value = at + 1;
    write(slider, { "aria-valuetext": `${at + 1} of ${count}, ${forward ? "forward" : "backward"}` });
    // Not `disabled`: a disabled button would lose the focus, and the keys with it.
    for (const name of ["first", "back", "next", "last"]) write(find(`[data-do=${name}]`), { "aria-disabled": at === (name < "g" ? 0 : count - 1) });
    if (asking === null) ask.hidden = true;
    bringIntoView(forward ? [data.order[at]] : [step.to, step.from], first);
    remember();
    host.dispatchEvent(new CustomEvent("step", { detail: at + 1 }));
  }

  // In a narrow window the picture scrolls inside its frame, never the page around it.
  function bringIntoView(keys, first) {
    const frames = keys.map((key) => parts.get(key)).filter(Boolean).map((part) => part.group.getBoundingClientRect());
    if (!frames.length) return;
    const view = graph.getBoundingClientRect();
    const middle = (low, high) => (Math.min(...frames.map(low)) + Math.max(...frames.map(high))) / 2;
    graph.scrollTo({
      left: graph.scrollLeft + middle((f) => f.left, (f) => f.right) - (view.left + view.width / 2),
      top: graph.scrollTop + middle((f) => f.top, (f) => f.bottom) - (view.top + view.height / 2),
      behavior: first || calm() ? "auto" : "smooth",
    });
  }

  // Wide pictures shrink to the width that there is, but never so far that numbers get too small.
  function fit() {
    const svg = find(".graph svg");
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const scale = Math.max(data.live?.still ? 0.6 : 0.8, Math.min(Math.max(1.25, (0.4 * innerHeight) / height), 2, (graph.clientWidth - 20) / width));
    write(svg, { width: width * scale, height: height * scale });
    reserve();
    shrink();
  }

  // Equations and the heading get smaller rather than be cut off.
  function shrink(room = box.clientWidth - 32, least = 0.55) {
    for (const math of root.querySelectorAll(".scroll math, .heading math")) {
      math.style.fontSize = "";
      const parts = [...math.children].map((part) => part.getBoundingClientRect()); // math itself is as wide as its line
      const wide = Math.max(...parts.map((part) => part.right)) - Math.min(...parts.map((part) => part.left));
      if (wide > room) math.style.fontSize = `${Math.max(least, room / wide) * parseFloat(getComputedStyle(math).fontSize)}px`;
    }
  }

  // ---- on paper: the finished picture, and every line whole ---------------------------------
  let others = () => {};
  on(window, "beforeprint", () => {
    play(false);
    show(count - 1);
    caption.remove();
    others = beside([...data.steps.keys()], () => shrink(600, 0.3));
  });
  on(window, "afterprint", () => {
    others();
    captions.append(caption);
    fit();
  });

  // ---- predict: the next number is asked for before it is shown ------------------------------
  function predict(yes) {
    predicting = yes;
    asking = null;
    ask.hidden = true;
    write(find("[data-do=predict]"), { "aria-pressed": yes });
    if (yes) question(now + 1);
  }
  function question(at) {
    const step = data.steps[at];
    if (!predicting || !step || step.is === undefined) return false;
    if (asking !== at) {
      asking = at;
      ask.hidden = false;
      find(".what").innerHTML = `Step ${at + 1}: <math>${whole(step.ask)}<mo>=</mo><mi class="f">?</mi></math>`;
      find(".verdict").textContent = "";
      ask.answer.value = "";
    }
    ask.answer.focus({ preventScroll: true });
    return true;
  }
  function reveal(words) {
    const at = asking;
    asking = null;
    show(at);
    if (question(at + 1)) find(".verdict").textContent = words;
    else box.focus({ preventScroll: true });
  }
  on(ask, "submit", (event) => {
    event.preventDefault();
    const step = data.steps[asking];
    const given = typed(ask.answer);
    if (Number.isNaN(given)) find(".verdict").textContent = "Type a number; four digits are enough.";
    else if (near(given, step.is)) reveal("Right.");
    else {
      const slip = step.slips.find(([number]) => near(given, number));
      find(".verdict").textContent = slip ? slips[slip[1]] : "Not this number. Try again, or show it.";
    }
  });

  // ---- playing ------------------------------------------------------------------------------
  function play(yes) {
    clearInterval(timer);
    timer = 0;
    if (yes) {
      if (now === count - 1) show(0);
      timer = setInterval(() => (now === count - 1 || !host.isConnected ? play(false) : show(now + 1)), 1800);
    }
    const title = timer ? "Pause" : "Play", control = find("[data-do=play]");
    control.innerHTML = icon(timer ? icons.pause : icons.play);
    write(control, { title, "aria-label": title });
  }

  const actions = {
    first: () => show(0),
    back: () => show(now - 1),
    next: () => question(now + 1) || (show(now + 1), question(now + 1)),
    last: () => show(count - 1),
    play: () => (predict(false), play(!timer)),
    predict: () => predict(!predicting),
    reveal: () => reveal(""),
    help: () => {
      const list = find(".help");
      list.hidden = !list.hidden;
      write(find("[data-do=help]"), { "aria-expanded": !list.hidden });
    },
  };
  function act(name) {
    if (name !== "play") play(false);
    if (["first", "back", "last"].includes(name)) asking = null;
    actions[name]();
  }
  root.querySelectorAll("[data-do]").forEach((each) => on(each, "click", () => act(each.dataset.do)));
  on(slider, "input", () => (play(false), (asking = null), show(Number(slider.value) - 1)));

  const keys = { ArrowRight: "next", ArrowDown: "next", PageDown: "next", ArrowLeft: "back", ArrowUp: "back", PageUp: "back", Home: "first", End: "last", Enter: "next", p: "predict", "?": "help" };
  function press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const target = event.composedPath()[0];
    const onButton = target instanceof HTMLButtonElement;
    if (target === ask.answer || (onButton && event.key === "Enter")) return;
    const name = keys[event.key] || (event.key === " " && !onButton ? "play" : null);
    if (!name) return;
    event.preventDefault();
    event.stopPropagation();
    act(name);
  }
  on(box, "keydown", press);

  // ---- the address: #step=8&theme=dark ------------------------------------------------------
  // Asked each time: when the first of several runs, the page has not been read to its end.
  const alone = () => document.body.children.length <= 2 && document.querySelectorAll("[data-autodiff-stepper]").length === 1;
  const address = () => new URLSearchParams(location.hash.slice(1));
  function remember() {
    if (!alone() || !location.hash.includes("step=")) return;
    const wanted = address();
    wanted.set("step", now + 1);
    keep(wanted);
  }
  function keep(wanted) {
    try {
      history.replaceState(null, "", `#${wanted}`);
    } catch {
      // a sandboxed frame has no address of its own
    }
  }
  function follow() {
    paint();
    const wanted = Number(address().get("step"));
    if (wanted >= 1) show(Math.round(wanted) - 1);
  }
  on(document, "keydown", (event) => alone() && press(event));

  // A finger goes on and back, except where it scrolls the picture.
  let touched = null;
  on(box, "touchstart", (event) => {
    const path = event.composedPath();
    const scrolls = path.includes(graph) && graph.scrollWidth > graph.clientWidth + 2;
    touched = event.touches.length === 1 && path[0] !== slider && !scrolls ? event.touches[0] : null;
  }, { passive: true });
  on(box, "touchend", (event) => {
    if (!touched) return;
    const x = event.changedTouches[0].clientX - touched.clientX;
    const y = event.changedTouches[0].clientY - touched.clientY;
    if (Math.abs(x) > 45 && Math.abs(x) > 2 * Math.abs(y)) act(x < 0 ? "next" : "back");
  });
  on(window, "hashchange", follow);

  // ---- dark or light: as asked for, else as what the page really shows ------------------------
  function paint() {
    const asked = address().get("theme") || data.theme;
    box.classList.toggle("dark", asked === "dark" || (asked !== "light" && surroundingsAreDark(host)));
  }
  watchSurroundings(paint);

  const again = (rest) => now >= 0 && (refresh(now), rest && speak());
  const stage = { data, host, root, box, find, parts, whole, put, keep, address, alone, again, step: () => now };
  if (data.live) alive(stage);
  let width = 0;
  new ResizeObserver(() => graph.clientWidth !== width && ((width = graph.clientWidth), fit())).observe(graph);
  fit();
  follow();
  if (now < 0) show(data.live && data.live.still ? count - 1 : 0);
}
