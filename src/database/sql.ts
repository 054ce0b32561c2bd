/** SQL with its values, composable: a fragment may stand inside another, and values never become text. */
export { empty, join, raw, default as sql, type Sql } from 'sql-template-tag';
