// What was chosen where there is no derivative: the slopes on both sides differ. Else null.
function chosenSlope({ f, d }, position, z, operands) {
  if (![z, ...operands].every(Number.isFinite)) return null;
  const slope = (direction, floats) => {
    const beside = [...operands], x = operands[position];
    beside[position] = x + floats * (nextAfter(x, direction) - x);
    const value = f(...beside);
    if (!Number.isFinite(value)) return null;
    const found = localDerivative(d, position, value, beside) || 0;
    return Number.isFinite(found) ? found : null;
  };
  const left = slope(-1, 1), right = slope(1, 1);
  if (left === null || right === null) return null;
  const steeper = Math.max(Math.abs(left), Math.abs(right));
  if (steeper > 1e6 || Math.abs(left - right) <= 1e-6 * steeper) return null;
  const changes = (near, farther) => farther !== null && Math.abs(farther - near) > Math.abs(left - right) / 4;
  if (changes(left, slope(-1, 64)) || changes(right, slope(1, 64))) return null; // a minimum
  const bendsThere = (direction, own, other) => { // the kink is the next float on that side
    const beside = [...operands], x = operands[position], next = nextAfter(x, direction), run = next - x;
    beside[position] = next;
    if (Math.abs(left - right) * Math.abs(run) < nextAfter(Math.abs(z), 1) - Math.abs(z)) return false;
    const rise = f(...beside) - z;
    return Math.abs(rise - other * run) < Math.abs(rise - own * run);
  };
  if (bendsThere(-1, left, right) || bendsThere(1, right, left)) return null;
  return localDerivative(d, position, z, operands) || 0;
}

function nextAfter(x, direction) {
  if (x === 0) return direction * 5e-324;
  const bits = new BigInt64Array(new Float64Array([x]).buffer);
  bits[0] += (x > 0) === (direction > 0) ? 1n : -1n;
  return new Float64Array(bits.buffer)[0];
}
