import { configuration, failed, type Finding, ok } from './finding';

const LEAST = [20, 19] as const;

/** @param version as in `process.versions.node` */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
  if (isEnough) return ok('Node', version);
  return failed('Node', configuration(`${version} is too old: install Node ${LEAST.join('.')} or later.`));
}
