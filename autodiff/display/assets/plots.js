// What stands below a live picture: a slider and a number per input, f along the dragged input with
// its tangent, the error of the finite difference, and a ball that follows the negative gradient.
function controls(state) {
  const { stage, live, free, inputs, one, set, keys, round, follow } = state;
  const W = 300, H = 170, POINTS = 161, EXPONENTS = 65;
  const panel = document.createElement("div"), find = (selector) => panel.querySelector(selector);
  const figure = (inner) => `<figure><figcaption></figcaption><svg viewBox="0 0 ${W} ${H}" role="img">${inner}<text x="${W - 6}" y="${H - 6}" text-anchor="end"/><text x="6" y="${H - 6}"/><text x="6" y="14"/></svg></figure>`;
  panel.className = "panel";
  panel.innerHTML = `<p class="paths" role="status"></p><div class="controls"><div class="inputs"></div><div class="descend"><label>step size <input name="rate" inputmode="decimal" value="0.1" autocomplete="off"></label>
    <button data-go="1">Descend</button><button data-go="20">20 steps</button><button data-go="0">Reset</button></div><p class="limits" role="status"></p></div>
    <div class="plots">${figure('<path class="axis"/><path class="curve"/><path class="tangent"/><circle r="5.5"/>')}${figure('<path class="curve"/><circle r="4"/>')}</div>`;
  stage.find(".captions").after(panel);
  const hint = `Drag a number on its card, or use the arrow keys (shift: small steps). Hover a card for its paths.`;
  find(".paths").textContent = hint;
  const why = new Map();
  for (const input of inputs) if (input.why) why.set(input.why, [...(why.get(input.why) || []), input.name]);
  const limits = [...why].map(([reason, names]) => `No slider for ${names.join(", ")}: ${reason}.`).concat("A choice that Python made with if or while stays as it was.").join(" ");
  const say = (words) => (find(".limits").textContent = words || limits);
  say("");
  if (!free.length) panel.classList.add("fixed");
  for (const input of free) {
    const row = document.createElement("label");
    row.className = "row";
    row.innerHTML = `<span class="who"></span><input type="range" step="any"><input class="number" inputmode="decimal" autocomplete="off">`;
    row.firstChild.textContent = row.firstChild.title = input.name;
    [input.slider, input.number] = row.querySelectorAll("input");
    write(input.slider, { "aria-label": input.name });
    write(input.number, { "aria-label": `${input.name}, typed` });
    on(input.slider, "input", () => set(input, round(input, Number(input.slider.value))));
    on(input.slider, "keydown", (event) => keys(input, event));
    on(input.number, "change", () => set(input, typed(input.number)));
    on(input.number, "blur", () => (input.number.value = String(one.values[input.node])));
    find(".inputs").append(row);
  }
  on(panel, "touchstart", (event) => event.stopPropagation(), { passive: true });
  on(panel, "keydown", (event) => event.target.matches("input,button") && event.stopPropagation());

  function show(input) {
    const value = one.values[input.node];
    if (Object.is(input.shown, value)) return;
    input.shown = value;
    if (value < input.low) input.low = value - (input.high - value) / 4;
    if (value > input.high) input.high = value + (value - input.low) / 4;
    Object.assign(input.slider, { min: input.low, max: input.high, value });
    if (stage.root.activeElement !== input.number) input.number.value = String(value);
    for (const each of [input.card, input.slider]) each && write(each, { "aria-valuemin": input.low, "aria-valuemax": input.high, "aria-valuenow": value, "aria-valuetext": asText(value, live.digits) });
  }

  // ---- plots: the same machine with a column per point ---------------------------------------
  const grid = machine(live.program, PRIMITIVES, POINTS), near = machine(live.program, PRIMITIVES, EXPONENTS);
  for (const input of free) { // where f swings many times along a slider, it goes less far, in finer steps
    const beside = (span) => Float64Array.from({ length: POINTS }, (_, i) => input.start + span * ((2 * i) / (POINTS - 1) - 1));
    const turns = (ys) => ys.filter((y, i) => i > 1 && Math.abs(y - ys[i - 1]) > 1e-9 * Math.abs(y) && (y - ys[i - 1]) * (ys[i - 1] - ys[i - 2]) < 0).length;
    let span = input.high - input.start;
    while (span > 1e-6 && turns(along(grid, input, beside(span))) > 8) span /= 2;
    Object.assign(input, { low: input.start - span, high: input.start + span, unit: 10 ** Math.round(Math.log10(span / 200)) });
  }
  function along(wide, input, xs) {
    live.program.nodes.forEach((node, i) => node || wide.values.fill(one.values[i], i * wide.columns, (i + 1) * wide.columns));
    wide.values.set(xs, input.node * wide.columns);
    wide.forward();
    return wide.values.subarray(live.root * wide.columns, (live.root + 1) * wide.columns);
  }
  const point = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`, text = (x) => asText(Number(x.toPrecision(3)), 3);
  function line(places) { // a break where there is no number
    let d = "", pen = "M", before = NaN;
    for (const [x, y] of places) {
      if (!Number.isFinite(y) || Math.abs(y - before) > 1.5 * H) pen = "M"; // a pole
      before = y;
      if (!Number.isFinite(y) || y < -3 * H || y > 4 * H) pen = "M";
      else [d, pen] = [d + pen + point(x, y), "L"];
    }
    return d;
  }
  const [first, second] = [...panel.querySelectorAll("figure")].map((figure) => ({
    told: figure.firstChild, svg: figure.lastChild, texts: figure.querySelectorAll("text"), ball: figure.querySelector("circle"),
    ...Object.fromEntries([...figure.querySelectorAll("path")].map((each) => [each.getAttribute("class"), each])),
  }));
  const path = (element, d) => write(element, { d }), place = (ball, cx, cy) => write(ball, { cx, cy });
  function words({ told, svg, texts }, caption, label, ...at) {
    if (told.textContent !== caption) told.textContent = caption;
    write(svg, { "aria-label": label });
    at.forEach((each, i) => stage.put(texts[i], each));
  }
  function plots() {
    const input = state.chosen;
    if (!input) return;
    const { low: left, high: right, name } = input, x0 = one.values[input.node], y0 = one.values[live.root], slope = state.slope(input);
    const xs = Float64Array.from({ length: POINTS }, (_, i) => left + ((right - left) * i) / (POINTS - 1));
    const ys = along(grid, input, xs), finite = ys.filter(Number.isFinite).sort();
    const part = (share) => finite[Math.round(share * (finite.length - 1))] ?? 0;
    const room = (part(0.75) - part(0.25)) * 4 || 1; // poles do not flatten the rest
    let low = Math.max(part(0.06) - 0.08 * room, part(0)), high = Math.min(part(0.94) + 0.08 * room, part(1));
    if (Number.isFinite(y0)) [low, high] = [Math.min(low, y0), Math.max(high, y0)];
    if (!(high > low)) [low, high] = [low - 1, high + 1];
    const px = (x) => (W * (x - left)) / (right - left), py = (y) => H - 22 - ((H - 44) * (y - low)) / (high - low);
    const tilt = (slope * (H - 44) * (right - left)) / ((high - low) * W), run = 55 / Math.hypot(1, tilt);
    const good = Number.isFinite(tilt) && Number.isFinite(y0), x = px(x0), y = good ? py(y0) : -20;
    path(first.axis, low < 0 && high > 0 ? `M0 ${py(0).toFixed(1)}H${W}` : "");
    path(first.curve, line(Array.from(xs, (x, i) => [px(x), py(ys[i])])));
    path(first.tangent, good ? `M${point(x - run, y + run * tilt)}L${point(x + run, y - run * tilt)}` : "");
    place(first.ball, x, y);
    words(first, good ? `slope at ${name}: ${asText(slope, live.digits)}` : `no value at this ${name}`, `The output along ${name}, with its tangent`, text(right), `${name} = ${text(left)}`, text(high));

    const powers = Array.from({ length: EXPONENTS }, (_, i) => -16 + (16 * i) / (EXPONENTS - 1));
    const beside = along(near, input, Float64Array.from(powers, (power) => x0 + 10 ** power));
    const errors = powers.map((power, i) => Math.log10(Math.max(Math.abs((beside[i] - y0) / (x0 + 10 ** power - x0) - slope), 1e-17)));
    const known = errors.filter(Number.isFinite), least = Math.min(...known), most = Math.max(...known);
    const qx = (i) => (W * i) / (EXPONENTS - 1), qy = (e) => 22 + ((H - 44) * (most - e)) / (most - least || 1);
    const best = errors.indexOf(least), power = (p) => asText(Number(`1e${Math.round(p)}`), 1).replace(/^1×/, "");
    path(second.curve, line(errors.map((e, i) => [qx(i), qy(e)])));
    place(second.ball, best < 0 ? -20 : qx(best), best < 0 ? -20 : qy(least));
    words(second, best < 0 ? "" : `error of (f(${name}+h)−f(${name}))/h: least at h ≈ ${power(powers[best])}`, "The error of the finite difference over h from 10⁻¹⁶ to 1", "1", "h = 10⁻¹⁶", best < 0 ? "" : power(most));
  }

  // ---- the ball ------------------------------------------------------------------------------
  function descend() {
    const rate = typed(find("[name=rate]"));
    if (!(rate > 0)) return say("The step size is a positive number."), false;
    const moved = free.map((input) => one.values[input.node] - rate * state.slope(input));
    if (!moved.every((x) => Math.abs(x) < 1e9)) return say("It diverges: the step size is too large here."), false;
    free.forEach((input, i) => (one.values[input.node] = moved[i]));
    say("");
    state.compute();
    follow();
    return true;
  }
  panel.querySelectorAll("[data-go]").forEach((button) => on(button, "click", () => {
    let left = Number(button.dataset.go);
    if (!left) {
      free.forEach((input) => (one.values[input.node] = input.start));
      say("");
      follow();
    } else if (calm()) while (left-- && descend());
    else (function go() { if (left-- && stage.host.isConnected && descend()) setTimeout(go, 60); })();
  }));

  // Curves that take long wait until the number rests.
  let slow = false;
  return {
    hint,
    follow(rests) {
      free.forEach(show);
      if (slow && !rests) return;
      const before = performance.now();
      plots();
      slow = performance.now() - before > 10;
    },
  };
}
