/** Whose matter a failure is: who can do something about it. */
export type Matter = 'configuration' | 'account' | 'provider' | 'network' | 'code';

/** What is wrong, whose matter that is, and its cure, in words that hold nothing of keys and answers. */
export interface Diagnosis {
  matter: Matter;
  text: string;
}

export interface Finding {
  /** What was looked at. */
  subject: string;
  state: 'ok' | 'warning' | 'failed' | 'skipped';
  text: string;
  matter?: Matter;
}

export const ok = (subject: string, text: string): Finding => ({ subject, state: 'ok', text });

export const skipped = (subject: string, text: string): Finding => ({ subject, state: 'skipped', text });

export const failed = (subject: string, diagnosis: Diagnosis): Finding => ({
  subject,
  state: 'failed',
  ...diagnosis,
});

export const warning = (subject: string, diagnosis: Diagnosis): Finding => ({
  subject,
  state: 'warning',
  ...diagnosis,
});

export const configuration = (text: string): Diagnosis => ({ matter: 'configuration', text });
