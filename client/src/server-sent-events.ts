/**
 * The data of each block in an event stream (WHATWG HTML, 9.2.6). Unlike in that standard, a last block counts even
 * without a blank line after it, so that no received data is lost.
 */
export async function* readData(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let data: string[] = [];
  for await (const line of readLines(chunks)) {
    if (line !== '') {
      data.push(...dataOf(line));
    } else if (data.length > 0) {
      yield data.join('\n');
      data = [];
    }
  }
  if (data.length > 0) yield data.join('\n');
}

/** A line ends with CRLF, LF or CR. */
async function* readLines(chunks: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let begun = '';
  let isAfterCarriageReturn = false;
  for await (const chunk of chunks) {
    // The second half of a CRLF that was split between chunks.
    const text = isAfterCarriageReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    if (chunk !== '') isAfterCarriageReturn = chunk.endsWith('\r');
    const [first = '', ...rest] = text.split(/\r\n|\n|\r/);
    begun += first;
    for (const line of rest) {
      yield begun;
      begun = line;
    }
  }
  if (begun !== '') yield begun;
}

/** The value of a `data` field; empty for comments and other fields. */
function dataOf(line: string): string[] {
  if (line === 'data') return [''];
  if (!line.startsWith('data:')) return [];
  return [line.slice(line.startsWith('data: ') ? 6 : 5)];
}
