import * as keyturn from '@keyturn/client';
import * as scenarios from './scenarios.mjs';

const [scenario, options] = process.argv.slice(2);
console.log(JSON.stringify(await scenarios[scenario](keyturn, JSON.parse(options))));
