// A local host as a real process.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { end, launch, type RunningProcess } from '../../../src/embedded/running-process.ts';
import { isAlive, signalProcess } from '../../../src/machine/process-identity.ts';
import { localServices } from '../../../src/platforms/local/adapter.ts';
import { hostFileSchema, hostPaths } from '../../../src/platforms/local/protocol.ts';
import { loadState } from '../../../src/platforms/local/state.ts';
import { calledByName } from '../called-platform.ts';
import { ROOT } from '../entry.ts';
import { freePorts } from '../free-ports.ts';
import { awaitThat } from './await-that.ts';
import type { FaultGround } from './fault-ground.ts';

/** `data`: the data folder. */
export function localGround(data: string): FaultGround {
  let host: RunningProcess | undefined;
  return {
    platform: calledByName(localServices(data)),
    environment: {},
    async start() {
      const daemon = join(ROOT, 'dist/platforms/local/daemon.js');
      const log = join(data, 'host.log');
      const args = [daemon, '--data', data];
      host = await launch({ command: process.execPath, args, env: process.env }, log);
      const { pid } = host.identity;
      await awaitThat(`the local host to be ready (see ${log})`, async () => {
        const found = await readFile(hostPaths(data).host, 'utf8').catch(() => '');
        return found !== '' && hostFileSchema.parse(JSON.parse(found)).pid === pid
          ? true
          : undefined;
      });
    },
    kill: () => killed(host),
    async pids(system) {
      const { services } = await loadState(hostPaths(data).state);
      return Object.values(services)
        .filter(({ ref }) => ref.system === system)
        .flatMap(({ revisions }) => Object.values(revisions))
        .flatMap(({ replicas }) => replicas);
    },
    async prepare() {
      const [port = 0] = await freePorts(1);
      const service = join(import.meta.dirname, '../plain-service.mjs');
      return {
        url: `http://127.0.0.1:${port}/`,
        api: {
          platform: 'local',
          command: [process.execPath, service],
          port,
          configuration: { DATA: 'data/loans.csv' },
          datastores: ['data'],
          health: { interval: '100ms' },
        },
        measured: true,
      };
    },
    async close() {
      if (host !== undefined) await end(host.identity, { graceMs: 8000 });
    },
  };
}

/** Answers once a process is dead by SIGKILL. */
export async function killed(running: RunningProcess | undefined): Promise<void> {
  if (running === undefined) throw new Error('there is nothing to kill');
  signalProcess(running.identity, 'SIGKILL');
  await running.ended;
  if (isAlive(running.identity))
    throw new Error(`process ${running.identity.pid} outlived SIGKILL`);
}
