/** Something that must hold everywhere. */
export interface Check {
  /** What is looked at. */
  subject: string;
  /** What holds, where it does. */
  agreement: string;
  /** Gives a row of texts for each place where it does not: `place`, `found`, `expected`. */
  statement: string;
}

/** Where something does not hold. */
export interface Disagreement {
  place: string;
  found: string;
  expected: string;
}
