import { AccountsAndTasks1763700000001 } from './1763700000001-accounts-and-tasks';
import { Conversations1763700000002 } from './1763700000002-conversations';
import { Turns1763700000003 } from './1763700000003-turns';
import { Usage1763700000004 } from './1763700000004-usage';
import { StatelessCalls1763700000005 } from './1763700000005-stateless-calls';

/** In the order they run. A migration that was published is never changed. */
export const migrations = [
  AccountsAndTasks1763700000001,
  Conversations1763700000002,
  Turns1763700000003,
  Usage1763700000004,
  StatelessCalls1763700000005,
];
