import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from './certificate';
import { until } from './clients';
import { freePort } from './free-port';

export const NGINX_CONF = readFileSync(
  join(__dirname, '..', '..', 'deploy', 'nginx', 'keyturn.conf'),
  'utf8',
);

export interface RunningNginx {
  readonly url: string;
  /** Includes warnings: nginx warns of every body that it writes to disk. */
  errorLog(): string;
  accessLog(): string;
  stop(): Promise<void>;
}

export interface NginxOptions {
  /** If set, nginx serves https only, by the lines prepared in the configuration. */
  readonly certificate?: Certificate;
}

/** The line that names an instance in the configuration. */
const INSTANCE_LINE = /^ *server 127\.0\.0\.1:3000\b.*;$/m;

/**
 * Starts a real nginx on a free port with the configuration of deploy/. Only ports, paths and the list of instances
 * differ.
 */
export async function startNginx(
  upstreamUrls: string | readonly string[],
  options: NginxOptions = {},
): Promise<RunningNginx> {
  const { certificate } = options;
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-nginx-'));
  // Started as root, nginx runs as a user of its own, who must be able to enter.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const listen = `listen 127.0.0.1:${port}`;
  const [line] = INSTANCE_LINE.exec(NGINX_CONF)!;
  const instances = [upstreamUrls].flat().map((url) => line.replace('127.0.0.1:3000', new URL(url).host));
  const site = substitute(certificate === undefined ? NGINX_CONF : NGINX_CONF.replaceAll('#tls ', ''), {
    [line]: instances.join('\n'),
    '/var/log/nginx/keyturn.log': join(folder, 'access.log'),
    ...(certificate === undefined
      ? { 'listen 80;': `${listen};` }
      : {
          'listen 80;': '',
          'listen 443 ': `${listen} `,
          '/etc/letsencrypt/live/chat.example.com/fullchain.pem': certificate.path,
          '/etc/letsencrypt/live/chat.example.com/privkey.pem': certificate.keyPath,
        }),
  });
  writeFileSync(join(folder, 'site.conf'), site);
  writeFileSync(join(folder, 'nginx.conf'), MAIN);

  const child = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'], {
    // Debian installs nginx there, outside the users' PATH.
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    stdio: 'ignore',
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let fault: string | undefined;
  child.once('error', (error) => (fault = error.message));
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    if (fault === undefined) await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(() => {
      if (fault !== undefined || child.exitCode !== null)
        throw new Error(`nginx did not start: ${fault ?? read('error.log')}`);
      return accepts(port);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    errorLog: () => read('error.log'),
    accessLog: () => read('access.log'),
    stop,
  };
}

/** The configuration around the site, like Debian's where it matters: compression is on. */
const MAIN = `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 1024; }
http {
    client_body_temp_path bodies;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    gzip on;
    gzip_min_length 1;
    gzip_types *;
    include site.conf;
}
`;

function substitute(text: string, replacements: Record<string, string>): string {
  return Object.entries(replacements).reduce((result, [from, to]) => {
    if (result.split(from).length !== 2)
      throw new Error(`The configuration must have ${JSON.stringify(from)} once.`);
    return result.replace(from, to);
  }, text);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
