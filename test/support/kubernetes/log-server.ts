// Serves what containers wrote where the API server looks for it, as a kubelet does (`kubectl logs`).
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, LogLine } from './container.ts';

const FOLLOW_MS = 100;

export async function startLogServer(
  host: string,
  { certificate, key }: { certificate: string; key: string },
  /** By `NAMESPACE/POD`. */
  find: (pod: string) => Container | undefined,
): Promise<{ port: number; stop: () => Promise<void> }> {
  const tls = { cert: readFileSync(certificate), key: readFileSync(key) };
  const server = createServer(tls, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://node');
    const [, place, namespace = '', pod = ''] = pathname.split('/');
    const container = place === 'containerLogs' ? find(`${namespace}/${pod}`) : undefined;
    if (container === undefined) response.writeHead(404).end(`no log of ${namespace}/${pod}`);
    else void answer(container, searchParams, response);
  });
  await new Promise<void>((done) => server.listen(0, host, done));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(
  container: Container,
  asked: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const written = (lines: readonly LogLine[]): string =>
    lines
      .map(({ at, text }) =>
        asked.get('timestamps') === 'true' ? `${at.toISOString()} ${text}\n` : `${text}\n`,
      )
      .join('');
  const all = asked.get('previous') === 'true' ? container.before : container.lines;
  const recent = all.filter(({ at }) => at >= since(asked));
  const tail = Number(asked.get('tailLines') ?? recent.length);
  response.write(written(tail === 0 ? [] : recent.slice(-tail)));
  let last = all.at(-1);
  while (asked.get('follow') === 'true' && container.isRunning && !response.closed) {
    await sleep(FOLLOW_MS);
    const { lines } = container;
    response.write(written(lines.slice(last === undefined ? 0 : lines.indexOf(last) + 1)));
    last = lines.at(-1);
  }
  response.end();
}

function since(asked: URLSearchParams): Date {
  const time = asked.get('sinceTime');
  if (time !== null) return new Date(time);
  const seconds = asked.get('sinceSeconds');
  return new Date(seconds === null ? 0 : Date.now() - Number(seconds) * 1000);
}
