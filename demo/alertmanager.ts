// A real Alertmanager for the demonstration of an incident, where one is on PATH or `npm run parts` got one; without one, or where
// it does not start, a small sender that posts what Alertmanager documents.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../src/embedded/ports.ts';
import { findDebianProgram } from '../test/support/debian-program.ts';

export interface AlertSource {
  /** What sends: for people. */
  name: string;
  /** As Prometheus says it to Alertmanager: the alert fires from now on, or is over. */
  say(state: 'firing' | 'resolved'): Promise<void>;
  stop(): Promise<void>;
}

export interface Receiver {
  url: string;
  tokenFile: string;
}

const LABELS = { alertname: 'HighErrorRate', service: 'api', severity: 'page' };
const ANNOTATIONS = { summary: '12 % of the requests to api fail' };

export async function startAlertSource(
  folder: string,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<AlertSource> {
  const program = findAlertmanager();
  if (program === undefined) return smallSender(receiver, 'no alertmanager is there');
  const real = await realAlertmanager(program, folder, receiver, signal);
  return real ?? smallSender(receiver, `${program.join(' ')} does not start: see ${folder}`);
}

/** As it is started, without arguments of its own. */
function findAlertmanager(): string[] | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const own = folders.map((one) => join(one, 'alertmanager')).find(existsSync);
  if (own !== undefined) return [own];
  const debian = findDebianProgram('prometheus-alertmanager');
  if (debian === undefined) return undefined;
  const share = join(dirname(debian), '..', 'share');
  // Unpacked and not installed: it looks for its templates below /usr/share, wherever it lies itself.
  const asInstalled = 'mount --bind "$0" /usr/share && exec "$@"';
  return existsSync(share) ? ['unshare', '-rm', 'sh', '-c', asInstalled, share, debian] : [debian];
}

async function realAlertmanager(
  [program = '', ...args]: string[],
  folder: string,
  { url, tokenFile }: Receiver,
  signal: AbortSignal,
): Promise<AlertSource | undefined> {
  mkdirSync(folder, { recursive: true });
  const [port = 0] = await freePorts(1);
  const file = join(folder, 'alertmanager.yml');
  // JSON is YAML too.
  const webhook = { url, http_config: { authorization: { credentials_file: tokenFile } } };
  const receivers = [{ name: 'fairlead', webhook_configs: [webhook] }];
  const route = { receiver: 'fairlead', group_wait: '1s', group_interval: '1s' };
  writeFileSync(file, JSON.stringify({ route, receivers }));
  const log = openSync(join(folder, 'alertmanager.log'), 'a');
  const child = spawn(
    program,
    [
      ...args,
      ...[`--config.file=${file}`, `--storage.path=${join(folder, 'state')}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='],
    ],
    { stdio: ['ignore', log, log] },
  );
  const ended = once(child, 'exit');
  const api = `http://127.0.0.1:${port}`;
  while (!(await answers(`${api}/-/ready`))) {
    if (child.exitCode !== null) return undefined;
    await sleep(100, undefined, { signal });
  }
  const startsAt = new Date().toISOString();
  return {
    name: `Alertmanager at ${api}`,
    say: async (state) => {
      const endsAt = new Date(Date.now() + (state === 'firing' ? 3_600_000 : 0)).toISOString();
      const alert = { labels: LABELS, annotations: ANNOTATIONS, startsAt, endsAt };
      await post(`${api}/api/v2/alerts`, [alert], {});
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function smallSender({ url, tokenFile }: Receiver, why: string): AlertSource {
  const startsAt = new Date().toISOString();
  return {
    name: `a small sender, for ${why}`,
    say: async (status) => {
      const endsAt = status === 'firing' ? '0001-01-01T00:00:00Z' : new Date().toISOString();
      const common = { labels: LABELS, annotations: ANNOTATIONS, startsAt, endsAt };
      const alert = { status, ...common, generatorURL: '', fingerprint: 'd0d0cafe00000001' };
      const authorization = `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`;
      await post(
        url,
        { version: '4', status, truncatedAlerts: 0, alerts: [alert] },
        { authorization },
      );
    },
    stop: () => Promise.resolve(),
  };
}

async function post(url: string, body: unknown, headers: Record<string, string>): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok)
    throw new Error(`posting to ${url}: ${response.status} ${await response.text()}`);
}

function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}
