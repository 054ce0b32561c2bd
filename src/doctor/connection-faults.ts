import type { Diagnosis } from './finding';

export interface Target {
  /** Host and port, for a person to read. */
  host: string;
  /** What the operator has set that names this host; undefined: the provider's own address. */
  setBy?: string;
}

const UNKNOWN_NAME = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const NO_ANSWER = new Set([
  'TimeoutError',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
const UNTRUSTED = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;
const NO_TLS = /^(EPROTO|ERR_SSL_)/;

/** Why there is no answer at all. */
export function explainConnection(error: unknown, { host, setBy }: Target): Diagnosis {
  const code = connectionCode(error);
  const whose = setBy === undefined ? 'network' : 'configuration';
  const orCorrect = setBy === undefined ? '' : `, or correct ${setBy}`;
  if (UNKNOWN_NAME.has(code)) {
    return {
      matter: whose,
      text:
        setBy === undefined
          ? `the name ${host} cannot be looked up: check this machine’s DNS and its way to the internet.`
          : `the name ${host} is not known: correct ${setBy}.`,
    };
  }
  if (code === 'ECONNREFUSED') {
    return {
      matter: whose,
      text:
        setBy === undefined
          ? `${host} refuses the connection: a firewall or proxy stands in between; let this machine out to it.`
          : `nothing listens at ${host}: start it${orCorrect}.`,
    };
  }
  if (NO_ANSWER.has(code)) {
    return {
      matter: 'network',
      text: `${host} does not answer in time: let this machine out to it past firewalls and proxies${orCorrect}.`,
    };
  }
  if (UNTRUSTED.test(code)) {
    return {
      matter: whose,
      text: `the certificate of ${host} is not trusted here (${code}): renew it, check this machine’s clock, or name its authority in NODE_EXTRA_CA_CERTS.`,
    };
  }
  if (NO_TLS.test(code)) {
    return {
      matter: whose,
      text: `${host} does not speak TLS: use http://, or the port that does${orCorrect}.`,
    };
  }
  return {
    matter: 'network',
    text: `the connection to ${host} breaks off (${code}): try again; if it stays so, something in between cuts it.`,
  };
}

/** The innermost code that says what happened; never a message, which can quote a URL. */
function connectionCode(error: unknown): string {
  let code = 'no code';
  for (let fault = error as Fault | undefined; fault != null; fault = fault.cause as Fault | undefined) {
    if (fault.name === 'TimeoutError') return fault.name;
    if (typeof fault.code === 'string') code = fault.code;
  }
  return code;
}

interface Fault {
  name?: unknown;
  code?: unknown;
  cause?: unknown;
}
