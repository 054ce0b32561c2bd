/** Prints a Markdown table that also reads well in a terminal: first column left, the others right. */
export function printTable(columns, rows) {
  const lines = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index].length)));
  const pad = (text, index) => (index === 0 ? text.padEnd(widths[index]) : text.padStart(widths[index]));
  const rule = widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  for (const line of [lines[0], rule, ...lines.slice(1)]) console.log(`| ${line.map(pad).join(' | ')} |`);
}

/** @returns the number with this many decimals, or `-` if it is not finite */
export function fixed(value, digits = 2) {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}
