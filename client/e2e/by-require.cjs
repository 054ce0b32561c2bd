const keyturn = require('@keyturn/client');

const [scenario, options] = process.argv.slice(2);
import('./scenarios.mjs')
  .then((scenarios) => scenarios[scenario](keyturn, JSON.parse(options)))
  .then((told) => console.log(JSON.stringify(told)));
