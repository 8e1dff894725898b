// (m) A stop of a system of 500 services: how long users are answered still, with one service that has traffic and with
// all of them; in-memory ports, a real server. Before, each service's lease was taken one after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { endOf } from '../test/support/operations.ts';
import { manyServices, type ManyServices } from '../test/support/many-services.ts';
import { figure, type Measured, type Stage } from './figure.ts';

const SERVICES = 500;
/** Leases that are taken one after the other, as `admit` does, to tell what all of them would take. */
const LEASES = 10;
const LOOKS_EVERY_MS = 5;

export async function stopMany(stage: Stage): Promise<Measured[]> {
  const { address } = await stage.server();
  const one: number[] = [];
  const all: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < stage.rounds(3); round += 1) {
    const single = await timeStop(await manyServices(SERVICES, 1, address));
    one.push(single / 1000);
    all.push((await timeStop(await manyServices(SERVICES, SERVICES, address))) / 1000);
    const lease = (await timeLeases(await manyServices(LEASES, LEASES, address))) / LEASES;
    ratios.push(single / (lease * SERVICES));
  }
  const limit = { target: { atMost: 5, of: 'max' } } as const;
  return [
    figure(`stop of ${SERVICES} services, one with traffic → no user is answered`, 's', one, limit),
    figure(`stop of ${SERVICES} services, all with traffic → no user is answered`, 's', all, limit),
    figure(`stop of ${SERVICES} services ÷ their leases one after the other`, 'ratio', ratios, {
      notes: [`what ${SERVICES} leases take is worked out from an admit of ${LEASES} services`],
    }),
  ];
}

/** From the request until the last service has no traffic (ms). */
async function timeStop(many: ManyServices): Promise<number> {
  try {
    const started = performance.now();
    const stopping = await many.worker.start('stopTraffic', { system: many.system });
    while (many.open().length > 0) await sleep(LOOKS_EVERY_MS);
    const took = performance.now() - started;
    await succeeded(endOf(stopping));
    return took;
  } finally {
    await many.worker.stop();
  }
}

async function timeLeases(many: ManyServices): Promise<number> {
  const { system, worker } = many;
  try {
    await succeeded(endOf(await worker.start('stopTraffic', { system })));
    const started = performance.now();
    await succeeded(endOf(await worker.start('admitTraffic', { system })));
    return performance.now() - started;
  } finally {
    await many.worker.stop();
  }
}

async function succeeded(end: ReturnType<typeof endOf>): Promise<void> {
  const { outcome, message } = await end;
  if (outcome !== 'succeeded') throw new Error(`${outcome}: ${message}`);
}
