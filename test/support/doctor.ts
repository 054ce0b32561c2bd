import { setTimeout as delay } from 'node:timers/promises';
import type { Finding } from '../../src/doctor/finding';
import { PLANTED, type Script, STREAM_HEAD } from './scripted-upstream';

/** Present in every checkup's settings; no finding may contain it. */
export const DOCTOR_KEY = 'sk-the-key-that-no-line-may-tell';
export const DOCTOR_LIMITS = { answerMs: 2000, replyMs: 5000 };

export type Told = Partial<Record<string, Finding>>;

/** The findings of a checkup by subject; fails if one holds a key or malformed text. */
export async function bySubject(findings: AsyncIterable<Finding>): Promise<Told> {
  const told: Told = {};
  for await (const finding of findings) {
    expect(finding.text).not.toMatch(/\n|undefined/);
    told[finding.subject] = finding;
  }
  expect(JSON.stringify(told)).not.toMatch(new RegExp(`${DOCTOR_KEY}|${PLANTED}`));
  return told;
}

/** A stream that pauses before its last frames. */
export const slowly = (frames: readonly string[], pauseMs: number) => (): Script => [
  STREAM_HEAD,
  { bytes: frames.slice(0, 2).join('') },
  { wait: delay(pauseMs) },
  { bytes: frames.slice(2).join('') },
  { end: true },
];

/** The same stream through a buffering proxy. */
export const atOnce = (frames: readonly string[], pauseMs: number) => (): Script => [
  { wait: delay(pauseMs) },
  STREAM_HEAD,
  { bytes: frames.join('') },
  { end: true },
];
