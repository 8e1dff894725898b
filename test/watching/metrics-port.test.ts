// Where the worker's metrics are: what its settings may say, and a port that somebody else has.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { workerSettings } from '../../src/config/environment.ts';
import { portOf } from '../../src/platforms/local/listeners.ts';
import { entryArgs, ROOT } from '../support/entry.ts';

test('without a port there are no metrics; with one they are on the loopback unless the host says else', () => {
  assert.equal(workerSettings({}).metricsPort, undefined);
  const { metricsPort, metricsHost } = workerSettings({ FAIRLEAD_METRICS_PORT: '0' });
  assert.deepEqual({ metricsPort, metricsHost }, { metricsPort: 0, metricsHost: '127.0.0.1' });
  const env = { FAIRLEAD_METRICS_PORT: '9464', FAIRLEAD_METRICS_HOST: '0.0.0.0' };
  assert.equal(workerSettings(env).metricsHost, '0.0.0.0');
});

test('a host that is no IP address is a mistake that names the variable', () => {
  const env = { FAIRLEAD_METRICS_PORT: '9464', FAIRLEAD_METRICS_HOST: 'everywhere' };
  assert.throws(
    () => workerSettings(env),
    /FAIRLEAD_METRICS_HOST is "everywhere"; it must be an IP/,
  );
});

test('a port that is taken ends the worker with 2 before it looks for Temporal, and names the holder', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.after(() => holder.close());
  const port = portOf(holder);
  const worker = spawn(process.execPath, entryArgs('worker'), {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      FAIRLEAD_METRICS_PORT: String(port),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  worker.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(worker, 'close');
  assert.equal(worker.exitCode, 2, said);
  const sentence = `^fairlead worker: serving metrics at 127\\.0\\.0\\.1:${port}: .*in use.*held by process ${process.pid} .*FAIRLEAD_METRICS_PORT`;
  assert.match(said, new RegExp(sentence));
});
