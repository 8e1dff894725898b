// nginx and HAProxy in front of the same replicas with the same weights: one process, one thread, keep-alive on both
// sides, no access log. Used by proxy.ts.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../src/embedded/ports.ts';
import { findDebianProgram, librariesOf } from '../test/support/debian-program.ts';
import { ask } from '../test/support/http-load.ts';
import { startServer } from '../test/support/datastores/server-process.ts';
import type { RunningReplica } from './proxied-service.ts';

type ProxyName = 'nginx' | 'haproxy';

export interface OtherProxy {
  name: ProxyName;
  url: string;
  stop: () => Promise<void>;
}

interface Setting {
  folder: string;
  port: number;
  replicas: readonly RunningReplica[];
}

export async function startOtherProxy(
  name: ProxyName,
  replicas: readonly RunningReplica[],
): Promise<OtherProxy> {
  const program = findDebianProgram(name);
  if (program === undefined) throw new Error(`${name} is not there`);
  const folder = mkdtempSync(join(tmpdir(), `fairlead-${name}-`));
  const [port = 0] = await freePorts(1);
  const config = join(folder, 'config');
  const setting = { folder, port, replicas };
  writeFileSync(config, name === 'nginx' ? nginxConfig(setting) : haproxyConfig(setting));
  const args = name === 'nginx' ? ['-p', folder, '-e', 'stderr', '-c', config] : ['-f', config];
  const path = new URL(replicas[0]?.url ?? '').pathname;
  const url = `http://127.0.0.1:${port}${path}`;
  const { stop } = await startServer({
    ...{ name, program, args, folder },
    env: { ...process.env, ...librariesOf(name) },
    answers: () =>
      ask(url).then(
        ({ status }) => status === 200,
        () => false,
      ),
  });
  return { name, url, stop };
}

function nginxConfig({ folder, port, replicas }: Setting): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (one) => `  ${one}_temp_path ${join(folder, one)};`,
  );
  return `daemon off;
master_process off;
worker_processes 1;
pid ${join(folder, 'pid')};
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
${temporary.join('\n')}
  upstream service {
${replicas.map((one) => `    server 127.0.0.1:${one.port} weight=${one.percent};`).join('\n')}
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
}

function haproxyConfig({ port, replicas }: Setting): string {
  return `global
  nbthread 1
  maxconn 1024
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend users
  bind 127.0.0.1:${port}
  default_backend service
backend service
  balance roundrobin
${replicas.map((one, index) => `  server r${index} 127.0.0.1:${one.port} weight ${one.percent}`).join('\n')}
`;
}
