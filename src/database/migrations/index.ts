import { AccountsAndTasks1763700000001 } from './1763700000001-accounts-and-tasks';
import { Conversations1763700000002 } from './1763700000002-conversations';
import { Turns1763700000003 } from './1763700000003-turns';
import { Usage1763700000004 } from './1763700000004-usage';
import { StatelessCalls1763700000005 } from './1763700000005-stateless-calls';
import { KeysAndIssuers1763700000006 } from './1763700000006-keys-and-issuers';
import { Quotas1763700000007 } from './1763700000007-quotas';
import { Reports1763700000008 } from './1763700000008-reports';
import { TurnCalls1763700000009 } from './1763700000009-turn-calls';
import { CarryOver1763700000010 } from './1763700000010-carry-over';

/** In the order they run. A migration that was published is never changed. */
export const migrations = [
  AccountsAndTasks1763700000001,
  Conversations1763700000002,
  Turns1763700000003,
  Usage1763700000004,
  StatelessCalls1763700000005,
  KeysAndIssuers1763700000006,
  Quotas1763700000007,
  Reports1763700000008,
  TurnCalls1763700000009,
  CarryOver1763700000010,
];
