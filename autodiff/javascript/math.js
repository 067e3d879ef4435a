// What JavaScript's Math lacks, as functions of numbers: nothing raises, a result that does not
// exist is NaN or an infinity (the total functions of the rule table).
//
// Sources: DLMF chapters 5 (gamma, digamma, polygamma), 7 (error functions), 25.11 (Hurwitz zeta);
// Lanczos' approximation with the coefficients for g = 6.0246800407767296; Shewchuk, "Adaptive
// precision floating-point arithmetic" (exact sums); Python's language reference for %, // and round.

const INF = Infinity;
const negative = (x) => x < 0 || Object.is(x, -0);
const copysign = (x, y) => (negative(x) === negative(y) ? x : -x);

// ---- Python's division, remainders and rounding ----------------------------------------------

function mod(x, y) {
  const rest = x % y;
  if (rest === 0) return copysign(0, y);
  return (y < 0) !== (rest < 0) ? rest + y : rest;
}

function floordiv(x, y) {
  let rest = x % y;
  let quotient = (x - rest) / y;
  if (rest !== 0 && (y < 0) !== (rest < 0)) quotient -= 1;
  if (y === 0) return NaN;
  if (quotient === 0) return copysign(0, x / y);
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

function remainder(x, y) {
  if (x !== x || y !== y || !Number.isFinite(x) || y === 0) return NaN;
  if (!Number.isFinite(y)) return x;
  const size = Math.abs(x), unit = Math.abs(y);
  const rest = size % unit, above = unit - rest;
  let found = rest < above ? rest : rest > above ? -above : rest - 2 * ((0.5 * (size - rest)) % unit);
  return copysign(1, x) * found;
}

// To n decimals, ties to even; toFixed takes them upwards.
function round(x, n) {
  n = Math.trunc(n);
  if (n - n !== 0) return NaN;
  if (!Number.isFinite(x) || n > 100 || x === 0) return x;
  if (n < 0) {
    const scale = 10 ** -n;
    if (Math.abs(x) < scale / 2 || n < -308) return copysign(0, x);
    const unit = BigInt(10) ** BigInt(-n), whole = BigInt(Math.trunc(Math.abs(x)));
    let down = whole / unit;
    const twice = 2n * (whole - down * unit);
    const more = twice > unit || (twice === unit && (!Number.isInteger(x) || down % 2n === 1n));
    if (more) down += 1n;
    return copysign(Number(down * unit), x);
  }
  if (Math.abs(x) >= 4503599627370496) return x;
  const shown = x.toFixed(n), exact = x.toFixed(Math.min(100, n + 60));
  const at = exact.indexOf(".") + 1 + n;
  if (!/^50*$/.test(exact.slice(at))) return Number(shown);
  const cut = exact.slice(0, n ? at : at - 1);
  const last = cut[cut.length - 1];
  return (last.charCodeAt(0) - 48) % 2 === 0 ? Number(cut) : Number(shown);
}

const floor = (x) => (x - x === 0 ? Math.floor(x) : NaN);
const nearest = (x) => { // to an integer, ties to even
  if (x - x !== 0) return NaN;
  const whole = Math.round(x);
  return whole - x === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
};

// A limit where a formula has no value though its operands are numbers.
const orElse = (z, limit, xs) => {
  if (z === z || xs.some((x) => x - x !== 0)) return z;
  return limit.length === 1 ? limit[0] : xs[0] === -1 ? limit[0] : xs[0] === 1 ? limit[1] : z;
};

// ---- exact sums ------------------------------------------------------------------------------

function fsum(numbers) {
  const parts = [];
  for (let x of numbers) {
    if (!Number.isFinite(x)) return numbers.reduce((a, b) => a + b, 0);
    let count = 0;
    for (let y of parts) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y, low = y - (high - x);
      if (low) parts[count++] = low;
      x = high;
    }
    parts.length = count;
    parts.push(x);
  }
  let at = parts.length - 1;
  if (at < 0) return 0;
  let total = parts[at], low = 0;
  while (at > 0) {
    const before = total, next = parts[--at];
    total = before + next;
    low = next - (total - before);
    if (low) break;
  }
  if (at > 0 && ((low < 0 && parts[at - 1] < 0) || (low > 0 && parts[at - 1] > 0))) {
    const twice = 2 * low, up = total + twice;
    if (twice === up - total) total = up;
  }
  return total;
}

// Norm without overflow: scaled by a power of two, the sum of squares kept to twice the precision.
function hypot(...numbers) {
  let largest = 0, missing = false;
  for (const x of numbers) {
    if (Math.abs(x) === INF) return INF;
    if (x !== x) missing = true;
    else largest = Math.max(largest, Math.abs(x));
  }
  if (missing) return NaN;
  if (largest === 0 || numbers.length === 1) return largest;
  const power = Math.max(-1022, Math.min(1000, Math.floor(Math.log2(largest))));
  const unit = 2 ** -power;
  let sum = 0, rest = 0;
  for (const number of numbers) {
    const x = number * unit, square = x * x;
    const error = product_error(x, x, square);
    const next = sum + square;
    rest += (sum >= square ? (sum - next) + square : (square - next) + sum) + error;
    sum = next;
  }
  let h = Math.sqrt(sum + rest);
  const square = h * h; // one Newton step on h*h = sum + rest
  h += ((sum - square) - product_error(h, h, square) + rest) / (2 * h);
  return h / unit;
}

function product_error(a, b, product) { // Dekker
  const c = 134217729 * a, ah = c - (c - a), al = a - ah;
  const d = 134217729 * b, bh = d - (d - b), bl = b - bh;
  return al * bl - (((product - ah * bh) - al * bh) - ah * bl);
}

// ---- error functions -------------------------------------------------------------------------

// (x + 1/2)*erfcx(x) for x >= 0 as a Chebyshev series in (x - 3.75)/(x + 3.75).
const ERFCX = [
  1.1775789345674017, -0.002295027290323239, -0.04212456668325896, 0.029604969999095947,
  -0.013329334217652877, 0.004537498835352633, -0.001206581770208804, 0.0002453879182629043,
  -3.4584866512506035e-05, 2.069513993036505e-06, 3.870191533099245e-07, -1.0943200524617198e-07,
  5.382499732835455e-09, 2.2609799056091433e-09, -3.8772001044156754e-10, -3.159044170443342e-11,
  1.434397505465335e-11, 9.727934272888673e-14, -4.82734837421672e-13, 1.62627407407437e-14,
  1.6739059741434028e-14, -9.322814402096565e-16, -6.253975265344324e-16, 3.709117628312022e-17,
  2.5340744523980555e-17, -1.1185283297179998e-18, -1.093671472151509e-18,
];

function chebyshev(coefficients, t) {
  let first = 0, second = 0;
  for (let at = coefficients.length - 1; at > 0; at--) {
    [first, second] = [2 * t * first - second + coefficients[at], first];
  }
  return t * first - second + 0.5 * coefficients[0];
}

const bell = (x) => { // exp(-x*x), the larger part of the square exact
  const high = Math.fround(x);
  return Math.exp(-high * high) * Math.exp(-(x - high) * (x + high));
};

function erf_series(x) { // |x| < 1, DLMF 7.6.1
  const square = x * x;
  let term = x, total = 0;
  for (let n = 0; n < 30; n++) {
    total += term / (2 * n + 1);
    term *= -square / (n + 1);
  }
  return 1.1283791670955126 * total;
}

function scaled_erfc(x) {
  if (x !== x) return x;
  if (x < 0) return x < -27 ? INF : 2 / bell(x) - scaled_erfc(-x);
  if (x > 1e8) return 0.5641895835477563 / x;
  return chebyshev(ERFCX, (x - 3.75) / (x + 3.75)) / (x + 0.5);
}

function erf(x) {
  if (x !== x) return x;
  if (Math.abs(x) < 0.9) return x === 0 ? x : Math.abs(x) < 1e-9 ? tiny_erf(x) : erf_series(x);
  return Math.abs(x) > 6 ? Math.sign(x) : copysign(1 - erfc(Math.abs(x)), x);
}
const tiny_erf = (x) => (Math.abs(x) < 1e-300 ? 1.1283791670955126 * (x * 2 ** 60) * 2 ** -60 : 1.1283791670955126 * x);

function erfc(x) {
  if (x < 0.4) return x < -6 ? 2 : 1 - erf(x);
  return x > 27.3 ? 0 : bell_times(x, scaled_erfc(x));
}

const bell_times = (x, factor) => { // exp(-x*x)*factor, also where the exponential is subnormal
  const high = Math.fround(x), half = Math.exp(-0.5 * high * high);
  return half * (half * (factor * Math.exp(-(x - high) * (x + high))));
};

// ---- the gamma family ------------------------------------------------------------------------

const LANCZOS_G = 6.02468004077673; // the double next to the published parameter
const LANCZOS_NUMERATOR = [
  23531376880.41076, 42919803642.6491, 35711959237.35567, 17921034426.03721, 6039542586.352028,
  1439720407.3117216, 248874557.86205417, 31426415.58540019, 2876370.6289353725,
  186056.26539522348, 8071.672002365816, 210.82427775157936, 2.5066282746310002,
];
const LANCZOS_DENOMINATOR = [
  0, 39916800, 120543840, 150917976, 105258076, 45995730, 13339535, 2637558, 357423, 32670, 1925,
  66, 1,
];

function lanczos(x) {
  let above = 0, below = 0;
  if (x < 5) {
    for (let i = 12; i >= 0; i--) {
      above = above * x + LANCZOS_NUMERATOR[i];
      below = below * x + LANCZOS_DENOMINATOR[i];
    }
  } else {
    for (let i = 0; i < 13; i++) {
      above = above / x + LANCZOS_NUMERATOR[i];
      below = below / x + LANCZOS_DENOMINATOR[i];
    }
  }
  return above / below;
}

function sin_cos_pi(x) {
  const r = x % 2;
  let quarter = nearest(2 * r);
  const t = Math.PI * (r - 0.5 * quarter), s = Math.sin(t), c = Math.cos(t);
  quarter = ((quarter % 4) + 4) % 4;
  return [[s, c], [c, -s], [-s, -c], [-c, s]][quarter];
}

function gamma(x) {
  if (x !== x || x === INF) return x;
  if (x === -INF) return NaN;
  if (x === 0) return 1 / x;
  if (Number.isInteger(x)) {
    if (x < 0) return NaN;
    if (x <= 23) {
      let product = 1;
      for (let k = 2; k < x; k++) product *= k;
      return product;
    }
  }
  const size = Math.abs(x);
  if (size < 1e-20) return 1 / x;
  if (size > 200) return x < 0 ? 0 / sin_cos_pi(x)[0] : INF;
  const y = size + LANCZOS_G - 0.5;
  let z = size > LANCZOS_G - 0.5 ? (y - size) - (LANCZOS_G - 0.5) : (y - (LANCZOS_G - 0.5)) - size;
  z = z * LANCZOS_G / y;
  let found;
  if (x < 0) {
    found = -Math.PI / sin_cos_pi(size)[0] / size * Math.exp(y) / lanczos(size);
    found -= z * found;
    if (size < 140) found /= Math.pow(y, size - 0.5);
    else {
      const root = Math.pow(y, size / 2 - 0.25);
      found = found / root / root;
    }
  } else {
    found = lanczos(size) / Math.exp(y);
    found += z * found;
    if (size < 140) found *= Math.pow(y, size - 0.5);
    else {
      const root = Math.pow(y, size / 2 - 0.25);
      found = found * root * root;
    }
  }
  return found;
}

function lgamma(x) {
  if (x !== x) return x;
  if (!Number.isFinite(x)) return INF;
  if (x <= 2 && Number.isInteger(x)) return x <= 0 ? INF : 0;
  const size = Math.abs(x);
  if (size < 1e-20) return -Math.log(size);
  let found = Math.log(lanczos(size)) - LANCZOS_G;
  found += (size - 0.5) * (Math.log(size + LANCZOS_G - 0.5) - 1);
  if (x < 0) found = 1.1447298858494002 - Math.log(Math.abs(sin_cos_pi(size)[0])) - Math.log(size) - found;
  return found;
}

const DIGAMMA_ZERO = 1.4616321449683622, DIGAMMA_ZERO_ERROR = 9.549995429965697e-17;
const DIGAMMA_NEAR_ZERO = [
  0.00011881232908510335, -0.0001782188548855923, 9.653646261410062e-05, -0.00014480643368061614, 0.00032395945401345196, -0.00048595039220036254, 0.0006909255761282986, -0.0010364584817312839, 0.0015633696313653504, -0.0023454947397380833, 0.003518106563802472, -0.005279937255532708, 0.007927021796868154, -0.011908220105959716, 0.017907248317313294, -0.026975796659787055, 0.040760833940846085, -0.06192213327548831, 0.09498872445289039, -0.14840492305388092, 0.24054248424078697, -0.4236274212814606, 0.9510558760318328,
];
const DIGAMMA_SERIES = [
  -0.4432598039215686, 0.08333333333333333, -0.021092796092796094, 0.007575757575757576, -0.004166666666666667, 0.003968253968253968, -0.008333333333333333, 0.08333333333333333,
];
const EULER_MACLAURIN = [
  0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07, 2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13, 8.586062056277845e-15, -2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812522e-19, 3.534707039629467e-21,
];

const polynomial = (coefficients, t) => coefficients.reduce((sum, each) => sum * t + each, 0);

function digamma_positive(x) {
  if (x >= 10) {
    const w = 1 / x / x;
    return Math.log(x) - (0.5 / x + polynomial(DIGAMMA_SERIES, w) * w);
  }
  let total = 0;
  if (x < 1) {
    total = -1 / x;
    x += 1;
  }
  while (x > 2) {
    x -= 1;
    total += 1 / x;
  }
  const ratio = polynomial(DIGAMMA_NEAR_ZERO, x - 1.5);
  return total + ((x - DIGAMMA_ZERO) - DIGAMMA_ZERO_ERROR) * ratio;
}

function cot_pi(x) {
  const r = x - nearest(x);
  if (Math.abs(r) <= 0.25) return 1 / Math.tan(Math.PI * r);
  return copysign(Math.tan(Math.PI * (0.5 - Math.abs(r))), r);
}

function digamma(x) {
  if (x !== x || x === INF) return x;
  if (x === 0) return -1 / x;
  if (x < 0) {
    if (x === Math.floor(x)) return NaN;
    return digamma_positive(1 - x) - Math.PI * cot_pi(x);
  }
  return digamma_positive(x);
}

function zeta_terms(s, start, r, unit) {
  const terms = [], far = Math.max(10, 0.85 * s + 8);
  let k = start, t, term;
  for (;;) {
    t = k + r;
    const error = (k - (t - r)) + (r - (t - (t - r)));
    term = Math.pow(t * unit, -s) * (1 - s * error / t);
    if (t >= far) break;
    terms.push(term);
    if (term < 1e-20 * terms[0]) return terms;
    k += 1;
  }
  terms.push(term * (t / (s - 1)), term * 0.5);
  let factor = term * s / t;
  for (let j = 1; j <= EULER_MACLAURIN.length; j++) {
    const correction = EULER_MACLAURIN[j - 1] * factor;
    terms.push(correction);
    if (Math.abs(correction) < 1e-18 * term) break;
    factor *= (s + 2 * j - 1) / t * ((s + 2 * j) / t);
  }
  return terms;
}

const scaled = (x, power) => { // x*2**power without an overflow on the way
  while (power > 1000) [x, power] = [x * 2 ** 1000, power - 1000];
  while (power < -1000) [x, power] = [x * 2 ** -1000, power + 1000];
  return x * 2 ** power;
};

function polygamma(n, x) {
  if (!(n >= 0 && n <= 1000) || !Number.isInteger(n)) return NaN;
  if (n === 0) return digamma(x);
  if (x !== x) return x;
  const odd = n % 2 === 1, sign = odd ? 1 : -1;
  if (x === INF) return sign * 0;
  if (x === -INF) return NaN;
  if (x <= 0 && x === Math.floor(x)) return odd ? INF : x === 0 ? -1 / x : NaN;
  const s = n + 1, whole = x < 0 ? nearest(x) : 0, r = x - whole;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(r))), -1000), unit = 2 ** -exponent;
  let terms;
  if (x > 0) terms = zeta_terms(s, 0, r, unit);
  else {
    const flip = s % 2 ? -1 : 1, side = r < 0 ? flip : 1;
    terms = [
      ...zeta_terms(s, 0, Math.abs(r), unit).map((each) => side * each),
      ...zeta_terms(s, 1, -Math.abs(r), unit).map((each) => side * flip * each),
      ...zeta_terms(s, -whole + 1, -r, unit).map((each) => -flip * each),
    ];
  }
  let mantissa = 1, shift = -exponent * s;
  for (let k = 2; k <= n; k++) {
    mantissa *= k;
    if (mantissa > 1e200) [mantissa, shift] = [mantissa * 2 ** -600, shift + 600];
  }
  return sign * scaled(fsum(terms) * mantissa, shift);
}

// ---- sinc ------------------------------------------------------------------------------------

function sinc_number(x) {
  if (x === 0) return 1;
  if (Math.abs(x) >= 4503599627370496) return 0;
  return x !== x ? x : sin_cos_pi(x)[0] / (Math.PI * x) + 0;
}

function sinc_derivative(n, x) { // the recurrence upwards where it is stable, else downwards
  if (!(n >= 0 && n <= 1000) || !Number.isInteger(n)) return NaN; // a page does not wait for more
  if (n === 0) return sinc_number(x);
  if (!Number.isFinite(x)) return x !== x ? x : 0;
  const [s, c] = sin_cos_pi(x), waves = [s, c, -s, -c], u = Math.PI * x;
  if (Math.abs(u) >= n) {
    let value = sinc_number(x), scale = 1;
    for (let k = 1; k <= n; k++) {
      value = (scale * waves[k % 4] - k * value) / x;
      scale *= Math.PI;
    }
    return value;
  }
  let top = n, size = 1, f = 0;
  while (size > 1e-18) size *= Math.abs(u) / ++top;
  for (let k = top + 1; k > n; k--) f = (waves[k % 4] - u * f) / k;
  f += f * (n * 3.8981718325193755e-17);
  const half = Math.floor(n / 2);
  return f * Math.PI ** half * Math.PI ** (n - half);
}

// ---- powers ----------------------------------------------------------------------------------

const power = (x, y) => (x === 1 || (x === -1 && Math.abs(y) === INF) ? 1 : x ** y); // as IEEE 754
const exp2 = (x) => 2 ** x;

function power_term(c, x, y, k) { // c * x**y * log(x)**k; 0 where c is 0
  if (c === 0 || k < 0) return 0;
  return c * (k === 0 ? power(x, y) : power_log(x, y, Math.trunc(k)));
}

function power_log(x, y, k) {
  if (!(x > 0)) return x === 0 && y === y ? (y >= 0 ? 0 : k % 2 === 1 ? -INF : INF) : NaN;
  const base = power(x, y);
  if (x === INF) return base;
  const log = Math.log(x), logs = power(log, k), moderate = (a) => Math.abs(a) > 1e-290 && Math.abs(a) < 1e290;
  if (moderate(base) && moderate(logs)) return base * logs;
  if ((logs === 0 && x === 1) || Math.abs(y) === INF) return base === 0 || x === 1 ? 0 : base * logs;
  if (y !== y) return y;
  const exponent = y * log; // the factors in balanced parts
  let size = exponent < 0 ? 0 : INF;
  if (Number.isFinite(exponent)) {
    const parts = 2 * Math.max(1, Math.ceil(Math.abs(exponent) / 600), k);
    size = power(power(x, y / parts) * power(Math.abs(log), k / parts), parts);
  }
  return log < 0 && k % 2 === 1 ? -size : size;
}

// ---- of any number of operands ---------------------------------------------------------------

const largest = (...xs) => xs.reduce((a, b) => (a !== a || b !== b ? NaN : b > a ? b : a), xs.length ? -INF : NaN);
const smallest = (...xs) => xs.reduce((a, b) => (a !== a || b !== b ? NaN : b < a ? b : a));
const ties = (z, ...xs) => (z !== z ? z : xs.filter((x) => x === z).length);
const fine_length = (z, ...xs) => (z > 1e-290 ? z : hypot(...xs.map((x) => x * 2 ** 600)));
const entry = (...operands) => {
  const index = operands.pop(), found = operands[index];
  return found === undefined ? NaN : found;
};

function p_norm(...operands) {
  const p = operands.pop(), highest = largest(...operands.map(Math.abs));
  if (p < 1) return NaN;
  if (highest === 0 || !Number.isFinite(highest) || p !== p) return p === p ? highest : p;
  return highest * power(fsum(operands.map((x) => power(Math.abs(x) / highest, p))), 1 / p);
}

function logsumexp(...xs) {
  let position = 0;
  for (let i = 0; i < xs.length; i++) {
    if (xs[i] !== xs[i]) return NaN;
    if (xs[i] > xs[position]) position = i;
  }
  const highest = xs[position];
  if (Math.abs(highest) === INF) return highest;
  return highest + Math.log1p(fsum(xs.filter((_, i) => i !== position).map((x) => Math.exp(x - highest))));
}

function logsumexp_error(z, ...xs) { // what rounding took from z, if it is large
  if (z >= -16 && z <= 16) return 0;
  if (!Number.isFinite(z)) return z > 0 ? Math.log(xs.filter((x) => x === z).length) : NaN;
  const highest = Math.max(...xs);
  return (highest - z) + logsumexp(...xs.map((x) => x - highest));
}

const peak = (z, total, ...xs) => (xs.length ? largest(...xs) : 0);

function below_peak(z, ...xs) { // the sum of exp(x - m) over all but the largest, m
  const highest = largest(...xs);
  if (!(highest > -INF)) return NaN;
  const others = xs.slice();
  others.splice(others.indexOf(highest), 1);
  return fsum(others.map((x) => (x !== highest ? Math.exp(x - highest) : 1)));
}

function dominant(z, total, ...xs) { // the one of the largest size
  let chosen = 0;
  for (const x of xs) {
    if (x !== x) return x;
    if (Math.abs(x) > Math.abs(chosen)) chosen = x;
  }
  return chosen;
}

function below_dominant(z, ...xs) { // the sum of (x/m)**2 over all but m, the one of the largest size
  let size = 0, place = -1, total = 0;
  for (let at = 0; at < xs.length; at++) {
    if (xs[at] !== xs[at]) return xs[at];
    if (Math.abs(xs[at]) > size) [size, place] = [Math.abs(xs[at]), at];
  }
  if (size === 0) return total;
  for (let at = 0; at < xs.length; at++) {
    if (at === place) continue;
    const part = Math.abs(xs[at]) < size ? xs[at] / size : 1;
    total += part * part;
  }
  return total;
}
