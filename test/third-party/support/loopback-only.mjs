import dns from 'node:dns';
import net from 'node:net';

/** Loaded before a client: a connection that would leave this machine fails, and so does the case. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

export const refusedHosts = new Set();

const refusal = (host) => {
  refusedHosts.add(host);
  return Object.assign(new Error(`A client tried to reach ${host}.`), { code: 'ECONNREFUSED' });
};

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  const host = options?.host;
  if (host && !LOOPBACK.test(host)) {
    process.nextTick(() => this.destroy(refusal(host)));
    return this;
  }
  return connect.apply(this, args);
};

const { lookup } = dns;
dns.lookup = (host, ...rest) =>
  LOOPBACK.test(host) ? lookup(host, ...rest) : process.nextTick(rest.at(-1), refusal(host));
