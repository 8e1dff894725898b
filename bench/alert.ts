// (p) From an alert that was posted until its incident is open: it knows its people and answers; and until Temporal has it, when
// Alertmanager is answered. On in-memory ports, the hooks being those of the product without their HTTP server.
import { temporalIncidents } from '../src/hooks/incidents.ts';
import { alertsTaker } from '../src/hooks/take-alerts.ts';
import { posted } from '../test/support/alertmanager-post.ts';
import { startTestWorker } from '../test/support/operations.ts';
import { newSystem, worldOf } from './canary-world.ts';
import { figure, type Measured, type Stage } from './figure.ts';

export async function alert(stage: Stage): Promise<Measured[]> {
  const { address } = await stage.server();
  const ports = worldOf({
    alerts: { Slow: { severity: 'P2', service: 'api' } },
    people: { levels: [['ana'], ['ben']] },
  });
  const worker = await startTestWorker(address, ports);
  const { client, taskQueue } = worker;
  const taker = alertsTaker({
    incidents: temporalIncidents(client, taskQueue),
    load: (name) => ports.systems.load(name),
    now: () => Date.now(),
  });
  const taken: number[] = [];
  const open: number[] = [];
  try {
    for (let round = 0; round < stage.rounds(20) + 2; round += 1) {
      const system = newSystem();
      const began = performance.now();
      await taker.take(system, posted({ name: 'Slow' }));
      const answered = performance.now() - began;
      const handle = client.workflow.getHandle(`incident/${system}/slow`);
      while ((await handle.query('status')) === null);
      const isOpen = performance.now() - began;
      await handle.terminate('measured');
      // The first ones warm up.
      if (round < 2) continue;
      taken.push(answered);
      open.push(isOpen);
    }
  } finally {
    await worker.stop();
  }
  return [
    figure('alert posted → incident open', 'ms', open, {
      target: { atMost: 150, of: 'median' },
      notes: ['it knows its people and answers `status`'],
    }),
    figure('alert posted → Alertmanager answered', 'ms', taken),
  ];
}
