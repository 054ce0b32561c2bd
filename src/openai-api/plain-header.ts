const PLAIN = /^[\x20-\x7e]{1,1000}$/;

/** A provider's header as it may stand in our answer; the other text where it is odd or missing. */
export function plainHeader(value: string | string[] | undefined, otherwise: string): string {
  return typeof value === 'string' && PLAIN.test(value) ? value : otherwise;
}
