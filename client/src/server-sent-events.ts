/**
 * The data of each block of an event stream (WHATWG HTML, 9.2.6). Unlike there, a last block counts without the blank
 * line after it: nothing that arrived is lost.
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
    // The second half of a CRLF that the network took apart.
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

/** The value of a `data` field; nothing of comments and other fields. */
function dataOf(line: string): string[] {
  if (line === 'data') return [''];
  if (!line.startsWith('data:')) return [];
  return [line.slice(line.startsWith('data: ') ? 6 : 5)];
}
