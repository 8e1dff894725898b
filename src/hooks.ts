// The entry of `fairlead hooks`: takes what Alertmanager posts and opens incidents by it. Told everything by its environment; says
// on stdout when it listens. Exit codes: 0 stopped, 2 configuration or a port that is taken.
import { Client, Connection } from '@temporalio/client';
import { defaultFailureConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { resolve } from 'node:path';
import { SettingsError, hooksSettings } from './config/environment.ts';
import { loadSystem } from './config/load.ts';
import { Failure } from './domain/failure.ts';
import { temporalIncidents } from './hooks/incidents.ts';
import { serveHooks } from './hooks/server.ts';
import { alertsTaker } from './hooks/take-alerts.ts';
import { findToken } from './hooks/token.ts';
import { hostInUrl } from './machine/host-in-url.ts';
import { closeToOthers } from './machine/own-umask.ts';
import { whyNotListening } from './machine/port-holder.ts';
import { payloadConverter } from './payload-converter.ts';

class Stop extends Error {}

async function main(): Promise<void> {
  closeToOthers();
  const settings = hooksSettings(process.env);
  const { data, hooksTokenFile: file, hooksHost: host, hooksPort: port, taskQueue } = settings;
  const token = await findToken({ data, env: process.env, ...(file !== undefined && { file }) });
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? '127.0.0.1:7233';
  // Nothing is asked before somebody posts: where Temporal is away, whoever posts is told so, and posts again.
  const connection = Connection.lazy({ ...connectionOptions, address });
  const client = new Client({
    ...{ connection, namespace, identity: 'fairlead hooks' },
    dataConverter: {
      ...{ payloadConverter, failureConverter: defaultFailureConverter, payloadCodecs: [] },
    },
  });
  const systems = resolve(settings.systems);
  const alerts = alertsTaker({
    incidents: temporalIncidents(client, taskQueue),
    load: (system) => loadSystem(systems, system),
    now: () => Date.now(),
  });
  const options = { host, port, names: settings.allowedHosts, token, alerts, log: say };
  const server = await serveHooks(options).catch((error: unknown) => {
    const why = whyNotListening({ host, port }, error);
    throw new Stop(
      `listening at ${host}:${port}: ${why}; choose another port by --port or FAIRLEAD_HOOKS_PORT, 0 for a free one`,
    );
  });
  const url = `http://${hostInUrl(host)}:${server.port}/alerts/SYSTEM`;
  say({ ready: true, url, token: token.where, temporal: address, namespace, taskQueue, systems });
  await new Promise<void>((done) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, done);
  });
  // What was begun is answered first.
  await new Promise<void>((done) => {
    server.close(() => {
      done();
    });
    server.closeIdleConnections();
  });
  await connection.close();
}

function say(line: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`);
}

try {
  await main();
} catch (error) {
  const known = error instanceof Stop || error instanceof SettingsError || error instanceof Failure;
  process.stderr.write(`fairlead hooks: ${known ? error.message : String(error)}\n`);
  process.exitCode = known ? 2 : 1;
}
