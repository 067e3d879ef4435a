// A machine for Programs: forward and backward over typed arrays, `columns` points at a time.
//
// A program is {nodes, constants}: a node is null (an input) or [primitive, [operand, ...]]; an
// operand is a node's number, or nodes.length + i for the constant number i. Values lie in rows,
// one per node and constant. A local derivative that is null is no contribution.

function localDerivative(derivatives, position, z, operands) {
  if (Array.isArray(derivatives)) return derivatives[position](z, ...operands);
  const { columns, tail, shared, of } = derivatives, rows = (operands.length - tail) / columns;
  const inTail = position >= rows * columns;
  const row = inTail ? 0 : position % rows;
  const variable = inTail ? columns + position - rows * columns : Math.floor(position / rows);
  const bound = [];
  for (let column = 0; column < columns; column++) bound.push(operands[column * rows + row]);
  bound.push(...operands.slice(rows * columns), ...shared().map((f) => f(z, ...operands)), row);
  return of[variable](z, ...bound);
}

function machine(program, primitives, columns = 1) {
  const { nodes, constants } = program, count = nodes.length;
  const values = new Float64Array((count + constants.length) * columns);
  constants.forEach((number, i) => values.fill(number, (count + i) * columns, (count + i + 1) * columns));
  const code = nodes.map((node) => node && { f: primitives[node[0]][0], d: primitives[node[0]][1], of: node[1] });
  const at = (slot, column) => values[slot * columns + column];
  const operands = (index, column = 0) => code[index].of.map((slot) => at(slot, column));

  function forward() {
    for (let index = 0; index < count; index++) {
      if (!code[index]) continue;
      const { f, of } = code[index], place = index * columns;
      if (of.length === 1) {
        const x = of[0] * columns;
        for (let c = 0; c < columns; c++) values[place + c] = f(values[x + c]);
      } else if (of.length === 2) {
        const x = of[0] * columns, y = of[1] * columns;
        for (let c = 0; c < columns; c++) values[place + c] = f(values[x + c], values[y + c]);
      } else {
        for (let c = 0; c < columns; c++) values[place + c] = f(...operands(index, c));
      }
    }
  }

  const local = (index, position, column = 0) =>
    localDerivative(code[index].d, position, at(index, column), operands(index, column));

  // The derivatives of one node by all, at one point: null where nothing arrives. The order of the
  // sums is that of every sweep: users backwards, operands row by row.
  function gradient(output, column = 0) {
    const adjoints = new Array(count).fill(null);
    adjoints[output] = 1;
    for (let index = output; index >= 0; index--) {
      const upstream = adjoints[index];
      if (upstream === null || !code[index]) continue;
      for (const position of byRows(code[index])) {
        const receiver = code[index].of[position];
        if (receiver >= count) continue;
        const slope = local(index, position, column);
        if (slope === null) continue;
        const before = adjoints[receiver], amount = upstream * slope;
        adjoints[receiver] = before === null ? amount : before + amount;
      }
    }
    return adjoints;
  }

  function byRows({ d, of }) {
    const all = [...of.keys()];
    if (Array.isArray(d) || d.columns < 2) return all;
    const rows = (of.length - d.tail) / d.columns, order = [];
    for (let row = 0; row < rows; row++) for (let c = 0; c < d.columns; c++) order.push(c * rows + row);
    return [...order, ...all.slice(rows * d.columns)];
  }

  return { values, columns, count, code, forward, local, operands, gradient };
}

// What was chosen where there is no derivative: the slopes on both sides differ. Else null.
function chosenSlope({ f, d }, position, z, operands) {
  if (![z, ...operands].every(Number.isFinite)) return null;
  const slope = (direction) => {
    const beside = [...operands];
    beside[position] = nextAfter(beside[position], direction);
    const value = f(...beside);
    if (!Number.isFinite(value)) return null;
    const found = localDerivative(d, position, value, beside) || 0;
    return Number.isFinite(found) ? found : null;
  };
  const left = slope(-1), right = slope(1);
  if (left === null || right === null) return null;
  const steeper = Math.max(Math.abs(left), Math.abs(right));
  if (steeper > 1e6 || Math.abs(left - right) <= 1e-6 * steeper) return null;
  return localDerivative(d, position, z, operands) || 0;
}

function nextAfter(x, direction) {
  if (x === 0) return direction * 5e-324;
  const bits = new BigInt64Array(new Float64Array([x]).buffer);
  bits[0] += (x > 0) === (direction > 0) ? 1n : -1n;
  return new Float64Array(bits.buffer)[0];
}
