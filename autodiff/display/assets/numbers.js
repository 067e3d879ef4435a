// Numbers as Python's own display writes them: shown() of notation/numbers.py, repr() of floats.
function significant(size) { // [digits without a point, exponent] of the shortest decimal
  const [mantissa, power] = size.toExponential().split("e");
  return [mantissa.replace(".", ""), Number(power)];
}
function rounded(size, kept) { // the same to some digits, ties to even
  let [mantissa, power] = size.toExponential(kept - 1).split("e");
  const [digits, exponent] = significant(size);
  if (digits.length === kept + 1 && digits[kept] === "5" && /^50*$/.test(size.toExponential(100).split("e")[0].replace(".", "").slice(kept))) {
    const cut = digits.slice(0, kept);
    if ((cut.charCodeAt(kept - 1) - 48) % 2 === 0) return [cut, exponent];
  }
  return [mantissa.replace(".", ""), Number(power)];
}
function positional(digits, exponent) {
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  if (exponent >= digits.length - 1) return digits + "0".repeat(exponent - digits.length + 1);
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}
function shown(value, digits = 4) {
  const negative = value < 0, size = Math.abs(value), plain = (mantissa) => ({ negative, mantissa, exponent: null, exact: true });
  if (value !== value) return plain("nan");
  if (size === Infinity) return plain("∞");
  if (size < 1e6 && Number.isInteger(size)) return plain(String(size));
  const kept = Math.min(digits, 17), short = significant(size), exact = short[0].length <= kept;
  const [figures, exponent] = exact ? short : rounded(size, kept);
  if (exponent >= -4 && exponent < (exact ? 6 : kept)) return { negative, mantissa: positional(figures, exponent), exponent: null, exact };
  return { negative, mantissa: positional(figures, 0), exponent, exact };
}
function repr(value) {
  if (value !== value) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "", size = Math.abs(value);
  if (size === 0) return `${sign}0.0`;
  const [digits, exponent] = significant(size);
  if (exponent >= -4 && exponent < 16) {
    const text = positional(digits, exponent);
    return sign + (text.includes(".") ? text : `${text}.0`);
  }
  const point = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  return `${sign}${point}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
function asText(value, digits) {
  const { negative, mantissa, exponent } = shown(value, digits);
  const raised = exponent === null ? "" : `×10${String(exponent).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]))}`;
  return `${negative ? "−" : ""}${mantissa}${raised}`;
}
function asMath(value, digits, role) {
  const { negative, mantissa, exponent, exact } = shown(value, digits);
  let out = mantissa === "∞" ? "<mi>∞</mi>" : `<mn>${mantissa}</mn>`;
  if (exponent !== null) out += `<mo>×</mo><msup><mn>10</mn><mn>${String(exponent).replace("-", "−")}</mn></msup>`;
  if (negative) out = `<mo form="prefix">−</mo>${out}`;
  const mark = (role === "m" ? "" : ` class="${role}"`) + (exact ? "" : ` title="${repr(value)}"`);
  return negative || mark || exponent ? `<mrow${mark}>${out}</mrow>` : out;
}
function asSpans(value, digits, size) {
  const { negative, mantissa, exponent } = shown(value, digits);
  const sign = negative ? "−" : "";
  if (exponent === null) return sign + mantissa;
  return `${sign}${mantissa}×10<tspan dy="${round2(-0.36 * size)}" font-size="${round2(0.72 * size)}">${String(exponent).replace("-", "−")}</tspan>`;
}
const round2 = (x) => String(Math.round(x * 100) / 100);

// ---- templates (templates.py) ------------------------------------------------------------------
function filled(template, numbers, digits, size) {
  if (typeof template === "string") return template;
  const form = (key) => {
    const { negative, exponent } = shown(numbers[key], digits);
    return negative ? 1 : exponent !== null ? 2 : numbers[key] === 0 ? 4 : 0;
  };
  const piece = (part) => {
    if (typeof part === "string") return part;
    const [text, ...edits] = part;
    let out = "", at = 0;
    for (const [key, wanted, start, end, put] of edits) {
      if (!(form(key) & wanted)) continue;
      out += text.slice(at, start) + put;
      at = Math.max(at, end);
    }
    return out + text.slice(at);
  };
  const hole = (name) => {
    if (name[0] === "=") {
      let [keys, exact = "=", rough = "≈"] = name.slice(1).split("|");
      if (exact === "w") [exact, rough] = ["equals", "is about"];
      return keys.split(",").every((key) => shown(numbers[key], digits).exact) ? exact : rough;
    }
    if (name[0] === "!") return repr(numbers[name.slice(1)]);
    const [key, role, brackets] = name.split(":"), value = numbers[key];
    const text = role === "s" ? asSpans(value, digits, size) : role === "" ? asText(value, 4) : role === "t" ? asText(value, digits) : asMath(value, digits, role);
    if (!(form(key) & brackets)) return text;
    return role === "t" || !role ? `(${text})` : `<mrow><mo form="prefix" stretchy="false">(</mo>${text}<mo form="postfix" stretchy="false">)</mo></mrow>`;
  };
  return template.map((part, at) => (at % 2 ? hole(part) : piece(part))).join("");
}
