const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const EXAMPLE = join(__dirname, '..', '..', '.env.example');
/** Variables that only a server uses. */
const NOT_HERE = ['PORT', 'HOST', 'DATA_DIR', 'METRICS_TOKEN', 'SHUTDOWN_GRACE', 'TRUST_PROXY'];

/** Keyturn's variables, including those of its templates, as set in the environment of `serverless`. */
module.exports = () => {
  const known = [...readFileSync(EXAMPLE, 'utf8').matchAll(/^# ?([A-Z][A-Z0-9_]*)=/gm)].map(
    ([, name]) => name,
  );
  const templates = (process.env.PROMPT_TEMPLATES ?? '').split(',').map((name) => name.trim());
  const own = ['APP_DIRECTORY', 'CONNECTIONS_URL'];
  const names = [...known.filter((name) => !NOT_HERE.includes(name)), ...templates, ...own];
  const set = names.filter((name) => process.env[name]).map((name) => [name, process.env[name]]);
  return { NODE_ENV: 'production', ...Object.fromEntries(set) };
};
