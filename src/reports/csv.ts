export type CsvCell = string | number | null;

const END_OF_LINE = '\r\n';

/** RFC 4180: a line a record, the first with the fields' names; null is an empty field. */
export function toCsv(fields: readonly string[], records: readonly (readonly CsvCell[])[]): string {
  return [fields, ...records].map((record) => record.map(toField).join(',') + END_OF_LINE).join('');
}

function toField(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = isFormula(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet would compute it: names of models are a provider's text. */
const isFormula = (text: string): boolean => /^[=+\-@\t\r]/.test(text);
