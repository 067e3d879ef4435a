// The local derivatives of primitives of any number of operands: rows of `columns`, then a tail.
function columnDerivative({ columns, tail, shared, of }, position, z, operands) {
  const rows = (operands.length - tail) / columns, inTail = position >= rows * columns;
  const row = inTail ? 0 : position % rows;
  const variable = inTail ? columns + position - rows * columns : Math.floor(position / rows);
  const bound = [];
  for (let column = 0; column < columns; column++) bound.push(operands[column * rows + row]);
  bound.push(...operands.slice(rows * columns), ...shared().map((f) => f(z, ...operands)), row);
  return of[variable](z, ...bound);
}
