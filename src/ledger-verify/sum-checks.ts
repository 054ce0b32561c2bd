import type { Check } from './check';
import { KEPT_SUMS, type KeptSums } from './kept-sums';

/** That what is kept as a sum is one. A row that is missing is as good as one of zeros. */
export const sumChecks: readonly Check[] = KEPT_SUMS.map((kept) => ({
  subject: kept.name,
  agreement: 'each is the sum of its calls',
  statement: disagreements(kept),
}));

function disagreements({ table, keys, sums, facts, expected }: KeptSums): string {
  const compared = [
    ...sums.map((column) => ({
      column,
      kept: `coalesce(kept.${column}, 0)`,
      due: `coalesce(due.${column}, 0)`,
    })),
    // Of a row of zeros, which nothing has to stand for, they say nothing.
    ...facts.map((column) => ({
      column,
      kept: `kept.${column}`,
      due: `coalesce(due.${column}, kept.${column})`,
    })),
  ];
  const tell = (side: 'kept' | 'due'): string =>
    compared
      .map(
        (one) =>
          `CASE WHEN ${one.kept} IS DISTINCT FROM ${one.due} THEN '${one.column} ' || coalesce(${one[side]}::text, 'none') END`,
      )
      .join(', ');
  return `
    SELECT concat_ws(', ', ${keys.map((key) => `'${key} ' || ${key}`).join(', ')}) AS place,
           concat_ws(', ', ${tell('kept')}) AS found, concat_ws(', ', ${tell('due')}) AS expected
    FROM ${table} AS kept FULL JOIN (${expected}) AS due USING (${keys.join(', ')})
    WHERE ${compared.map(({ kept, due }) => `${kept} IS DISTINCT FROM ${due}`).join(' OR ')}`;
}
