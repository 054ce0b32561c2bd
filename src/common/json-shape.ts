export const DEEPEST_NESTING = 64;
/** What reads it later compares the keys of an object with each other, and looks at every value: this bounds both. */
export const MOST_KEYS = 1000;
export const MOST_VALUES = 50_000;

export interface ShapeBounds {
  /** Of one object. */
  mostKeys: number;
  /** In all. */
  mostValues: number;
}

const BOUNDS: ShapeBounds = { mostKeys: MOST_KEYS, mostValues: MOST_VALUES };

/** For a body that is passed on unread: what it may hold is bounded by its bytes alone. */
export const BOUNDED_BY_BYTES: ShapeBounds = { mostKeys: Infinity, mostValues: Infinity };

/**
 * What makes JSON from outside unsafe to handle, as what it "is"; undefined when nothing does.
 * Goes level by level: a recursive walk would overflow the stack on the very input it looks for.
 */
export function faultOfShape(
  root: object,
  { mostKeys, mostValues }: ShapeBounds = BOUNDS,
): string | undefined {
  let valueCount = 0;
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEEPEST_NESTING) return `nested deeper than ${DEEPEST_NESTING} levels`;
    const below: object[] = [];
    for (const parent of level) {
      const values: unknown[] = Object.values(parent);
      if (!Array.isArray(parent) && values.length > mostKeys) {
        return `too wide: an object has more than ${mostKeys} fields`;
      }
      valueCount += values.length;
      if (valueCount > mostValues) return `too large: it has more than ${mostValues} values`;
      for (const value of values) if (value !== null && typeof value === 'object') below.push(value);
    }
    level = below;
  }
  return undefined;
}
