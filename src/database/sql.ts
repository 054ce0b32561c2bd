/** SQL with its values, composable: a fragment may stand inside another, and values never become text. */
export { empty, default as sql, type Sql } from 'sql-template-tag';
