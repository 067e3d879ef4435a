// What stands below a live picture: a slider and a number per input, f along the dragged input with
// its tangent, the error of the finite difference, and a ball that follows the negative gradient.
function controls({ stage, live, free, inputs, one, set, keys, round, follow, chosen, adjoints }) {
  const W = 300, H = 170, POINTS = 161, EXPONENTS = 65;
  const panel = document.createElement("div");
  panel.className = "panel";
  panel.innerHTML = `<p class="paths" role="status"></p><div class="inputs"></div><div class="plots">
    <figure><svg viewBox="0 0 ${W} ${H}" role="img"><path class="axis"/><path class="curve"/><path class="tangent"/><circle r="5.5"/></svg><figcaption></figcaption></figure>
    <figure><svg viewBox="0 0 ${W} ${H}" role="img"><path class="curve"/><circle r="4"/></svg><figcaption></figcaption></figure></div>
    <div class="descend"><label>step size <input name="rate" inputmode="decimal" value="0.1"></label>
    <button type="button" data-go="1">Descend</button><button type="button" data-go="20">20 steps</button><button type="button" data-go="0">Back to the start</button>
    <span role="status"></span></div><p class="limits"></p>`;
  stage.find(".captions").after(panel);
  const find = (selector) => panel.querySelector(selector);
  const frozen = inputs.filter((input) => !input.free).map((input) => input.name);
  find(".limits").textContent = (frozen.length ? `No slider for ${frozen.join(", ")}: a function without a formula depends on it. ` : "") + "Drag a number, or use the arrow keys (shift: small steps). A choice that Python made with if or while stays as it was.";
  for (const input of free) {
    const row = document.createElement("label");
    row.className = "row";
    row.innerHTML = `<span class="who"></span><input type="range" step="any"><input class="number" inputmode="decimal" autocomplete="off">`;
    row.querySelector(".who").textContent = input.name;
    [input.slider, input.number] = row.querySelectorAll("input");
    input.slider.setAttribute("aria-label", input.name);
    input.number.setAttribute("aria-label", `${input.name}, typed`);
    input.slider.addEventListener("input", () => set(input, round(input, Number(input.slider.value))));
    input.slider.addEventListener("keydown", (event) => (keys(input, event), event.stopPropagation()));
    input.number.addEventListener("keydown", (event) => event.stopPropagation());
    input.number.addEventListener("change", () => {
      const value = Number(input.number.value.trim().replace("−", "-").replace(",", "."));
      if (input.number.value.trim() && Number.isFinite(value)) set(input, value);
      else show(input);
    });
    find(".inputs").append(row);
  }
  panel.addEventListener("touchstart", (event) => event.stopPropagation(), { passive: true });
  panel.addEventListener("keydown", (event) => event.target.matches("input,button") && event.stopPropagation());

  function show(input) {
    const value = one.values[input.node];
    if (value < input.low) input.low = value - (input.high - value) / 4;
    if (value > input.high) input.high = value + (value - input.low) / 4;
    input.slider.min = input.low;
    input.slider.max = input.high;
    input.slider.value = value;
    if (stage.root.activeElement !== input.number) input.number.value = String(value);
    input.card?.setAttribute("aria-valuenow", value);
    input.card?.setAttribute("aria-valuetext", asText(value, live.digits));
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
  const point = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`;
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
  function plots() {
    const input = chosen();
    if (!input) return;
    const x0 = one.values[input.node], y0 = one.values[live.root], slope = adjoints()[input.node] ?? 0;
    const xs = Float64Array.from({ length: POINTS }, (_, i) => input.low + ((input.high - input.low) * i) / (POINTS - 1));
    const ys = along(grid, input, xs), finite = [...ys].filter(Number.isFinite).sort((a, b) => a - b);
    const part = (share) => finite[Math.round(share * (finite.length - 1))] ?? 0;
    let low = part(0.06), high = part(0.94); // poles do not flatten the rest
    const room = (part(0.75) - part(0.25)) * 4 || 1;
    [low, high] = [Math.max(low - 0.08 * room, part(0)), Math.min(high + 0.08 * room, part(1))];
    if (Number.isFinite(y0)) [low, high] = [Math.min(low, y0), Math.max(high, y0)];
    if (!(high > low)) [low, high] = [low - 1, high + 1];
    const px = (x) => (W * (x - input.low)) / (input.high - input.low), py = (y) => H - 12 - ((H - 24) * (y - low)) / (high - low);
    const [first, second] = panel.querySelectorAll("figure");
    const put = (figure, selector, d) => figure.querySelector(selector).setAttribute("d", d);
    put(first, ".axis", low < 0 && high > 0 ? `M0 ${py(0).toFixed(1)}H${W}` : "");
    put(first, ".curve", line([...xs].map((x, i) => [px(x), py(ys[i])])));
    const tilt = (slope * (H - 24) * (input.high - input.low)) / ((high - low) * W), run = 55 / Math.hypot(1, tilt);
    const good = Number.isFinite(tilt) && Number.isFinite(y0);
    put(first, ".tangent", good ? `M${point(px(x0) - run, py(y0) + run * tilt)}L${point(px(x0) + run, py(y0) - run * tilt)}` : "");
    const ball = first.querySelector("circle");
    ball.setAttribute("cx", px(x0));
    ball.setAttribute("cy", good ? py(y0) : -20);
    first.querySelector("figcaption").textContent = good ? `slope at ${input.name}: ${asText(slope, live.digits)}` : `no value at this ${input.name}`;
    first.querySelector("svg").setAttribute("aria-label", `The output along ${input.name}, with its tangent`);
    differences(second, input, x0, y0, slope);
  }
  function differences(figure, input, x0, y0, slope) {
    const powers = Array.from({ length: EXPONENTS }, (_, i) => -16 + (16 * i) / (EXPONENTS - 1));
    const ys = along(near, input, Float64Array.from(powers, (power) => x0 + 10 ** power));
    const errors = powers.map((power, i) => Math.log10(Math.max(Math.abs((ys[i] - y0) / (x0 + 10 ** power - x0) - slope), 1e-17)));
    const known = errors.filter(Number.isFinite), low = Math.min(...known) - 0.5, high = Math.max(...known) + 0.5;
    const px = (i) => (W * i) / (EXPONENTS - 1), py = (e) => 12 + ((H - 24) * (high - e)) / (high - low || 1);
    figure.querySelector(".curve").setAttribute("d", line(errors.map((e, i) => [px(i), py(e)])));
    const best = errors.indexOf(Math.min(...known)), mark = figure.querySelector("circle");
    mark.setAttribute("cx", best < 0 ? -20 : px(best));
    mark.setAttribute("cy", best < 0 ? -20 : py(errors[best]));
    const power = (p) => asText(Number(`1e${Math.round(p)}`), 1).replace(/^1×/, "");
    figure.querySelector("figcaption").textContent = best < 0 ? "" : `error of (f(${input.name}+h)−f(${input.name}))/h: least at h ≈ ${power(powers[best])}`;
    figure.querySelector("svg").setAttribute("aria-label", "The error of the finite difference over h from 10⁻¹⁶ to 1");
  }

  // ---- the ball ------------------------------------------------------------------------------
  const said = find(".descend span");
  function descend() {
    const rate = Number(find("[name=rate]").value.replace(",", "."));
    if (!(rate > 0)) { said.textContent = "The step size is a positive number."; return false; }
    const moved = free.map((input) => one.values[input.node] - rate * (adjoints()[input.node] ?? 0));
    if (!moved.every((x) => Math.abs(x) < 1e9)) { said.textContent = "It diverges: the step size is too large here."; return false; }
    free.forEach((input, i) => (one.values[input.node] = moved[i]));
    said.textContent = "";
    follow();
    return true;
  }
  panel.querySelectorAll("[data-go]").forEach((button) => button.addEventListener("click", () => {
    let left = Number(button.dataset.go);
    if (!left) {
      free.forEach((input) => (one.values[input.node] = input.start));
      said.textContent = "";
      follow();
    } else if (matchMedia("(prefers-reduced-motion: reduce)").matches) while (left-- && descend());
    else (function go() { if (left-- && stage.host.isConnected && descend()) setTimeout(go, 60); })();
  }));

  return { follow: () => (free.forEach(show), plots()) };
}
