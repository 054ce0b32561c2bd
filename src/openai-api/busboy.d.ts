/** What we use of busboy, which has no types of its own. */
declare module 'busboy' {
  import type { Readable, Writable } from 'node:stream';

  interface FieldInfo {
    nameTruncated: boolean;
    valueTruncated: boolean;
  }

  interface Parser extends Writable {
    /** A part without a name has none here either. */
    on(event: 'field', listener: (name: string | undefined, value: string, info: FieldInfo) => void): this;
    on(event: 'file', listener: (name: string | undefined, content: Readable) => void): this;
    on(event: 'partsLimit' | 'close', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: string, listener: (...values: never[]) => void): this;
  }

  export default function busboy(options: {
    headers: Record<string, string>;
    defParamCharset?: string;
    limits?: { fieldSize?: number; fields?: number; files?: number; parts?: number };
  }): Parser;
}
