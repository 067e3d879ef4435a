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
  const left2 = slope(-1, 64), right2 = slope(1, 64); // next to a minimum they grow apart
  if (left2 !== null && right2 !== null && Math.abs(left2 - right2) > 8 * Math.abs(left - right)) return null;
  return localDerivative(d, position, z, operands) || 0;
}

function nextAfter(x, direction) {
  if (x === 0) return direction * 5e-324;
  const bits = new BigInt64Array(new Float64Array([x]).buffer);
  bits[0] += (x > 0) === (direction > 0) ? 1n : -1n;
  return new Float64Array(bits.buffer)[0];
}
