// A machine for Programs: forward over typed arrays, `columns` points at a time; local derivatives.
//
// A program is {nodes, constants}: a node is null (an input) or [primitive, [operand, ...]]; an
// operand is a node's number, or nodes.length + i for the constant number i. Values lie in rows,
// one per node and constant. A local derivative that is null is no contribution.

const localDerivative = (derivatives, position, z, operands) =>
  derivatives.of ? columnDerivative(derivatives, position, z, operands) : derivatives[position](z, ...operands);

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

  return { values, columns, count, code, forward, local, operands };
}
