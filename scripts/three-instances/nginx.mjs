import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from './fault.mjs';
import { accepts, end, freePort, launch, untilReady } from './processes.mjs';

const STOP_MS = 10_000;

/**
 * nginx with the configuration of deploy/, except for its port, paths and list of instances.
 * @param port 0 picks a free one
 * @param addresses of the instances
 */
export async function startNginx({ program, folder, site, port, addresses, signal }) {
  const listenPort = port === 0 ? await freePort() : port;
  const logFile = join(folder, 'nginx-error.log');
  const accessLog = join(folder, 'nginx-access.log');
  const own = siteOf(readFileSync(site, 'utf8'), { listenPort, addresses, accessLog });
  writeFileSync(join(folder, 'keyturn.conf'), own);
  writeFileSync(join(folder, 'nginx.conf'), MAIN);
  const child = launch(program, ['-p', folder, '-c', 'nginx.conf', '-e', logFile], { logFile });
  const stop = () => end(child, 'SIGTERM', STOP_MS);
  try {
    await untilReady('nginx', child, () => accepts(listenPort), { logFile, signal });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${listenPort}`, child, stop };
}

function siteOf(text, { listenPort, addresses, accessLog }) {
  const once = (pattern, replacement) => {
    if (text.match(pattern)?.length !== 1)
      throw new Fault(`deploy/nginx/keyturn.conf must have ${pattern} once.`);
    text = text.replace(pattern, replacement);
  };
  once(/^ *server 127\.0\.0\.1:3000.*;$/gm, (line) =>
    addresses.map((address) => line.replace('127.0.0.1:3000', address)).join('\n'),
  );
  once(/listen 80;/g, `listen 127.0.0.1:${listenPort};`);
  once(/\/var\/log\/nginx\/keyturn\.log/g, accessLog);
  return text;
}

/** The configuration around the site. Two workers, to test that they share what they know of the instances. */
const MAIN = `
daemon off;
worker_processes 2;
pid nginx.pid;
error_log nginx-error.log warn;
events { worker_connections 1024; }
http {
    client_body_temp_path bodies;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include keyturn.conf;
}
`;
