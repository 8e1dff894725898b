// (l) A drill of commercial-view from start to end, and how many run side by side under one `fairlead up`: one system
// each, all with a live service, doubled until one does not succeed or all systems are in use.
import type { WorkflowHandle } from '@temporalio/client';
import { endOf } from '../test/support/operations.ts';
import type { UpSystem } from '../test/support/up/whole-up-systems.ts';
import { figure, MissingPart, type Measured, type Stage } from './figure.ts';
import { whyUnable } from '../src/platforms/local/isolation/namespaces.ts';
import { UpPlace } from './up-place.ts';
import { median } from './statistics.ts';

const SYSTEMS = 32;
/** They are deployed first, a few at a time. */
const DEPLOYED_AT_ONCE = 4;
const RTO_MS = 300_000;

interface Batch {
  count: number;
  wallMs: number;
  each: number[];
  /** What those that did not succeed ended as. */
  broken: string[];
}

export async function drills(stage: Stage): Promise<Measured[]> {
  const unable = await whyUnable();
  if (unable !== undefined) throw new MissingPart(unable);
  await stage.server();
  const systems = Array.from({ length: SYSTEMS }, (_, index) => systemOf(index));
  const place = await UpPlace.open(systems);
  try {
    const names = systems.map(({ name }) => name);
    for (let at = 0; at < names.length; at += DEPLOYED_AT_ONCE) {
      await Promise.all(
        names.slice(at, at + DEPLOYED_AT_ONCE).map((name) => makeReady(place, name)),
      );
    }
    const alone: number[] = [];
    // The first one warms the worker up.
    for (let round = 0; round <= stage.rounds(11); round += 1) {
      const { wallMs, broken } = await batch(place, names.slice(0, 1));
      if (broken[0] !== undefined) throw new Error(`a drill alone: ${broken[0]}`);
      if (round > 0) alone.push(wallMs / 1000);
    }
    const batches: Batch[] = [];
    for (let count = 1; count <= SYSTEMS; count *= 2) {
      const done = await batch(place, names.slice(0, count));
      batches.push(done);
      stage.say(`  ${count} at once: ${seconds(done.wallMs)} s, broken: ${done.broken.length}`);
      if (done.broken.length > 0) break;
    }
    return [
      figure('a drill of commercial-view, start → end', 's', alone, {
        notes: [
          'three CSV files: isolated target, fence, restore, ladder, service, two golden queries',
        ],
      }),
      sideBySide(batches),
    ];
  } finally {
    await place.close();
  }
}

function systemOf(index: number): UpSystem {
  return {
    name: `drilled-${index + 1}`,
    rollout: `      canary: { steps: [{ weight: 50 }], watch: 0s }`,
    more: `datastores:
  portfolio: { kind: files, directory: data }
drill:
  rto: ${RTO_MS / 1000}s
  services: [api]
  golden:
    - { service: api, name: portfolio, http: /api/portfolio, contains: outstanding }
    - { service: api, name: loans, http: '/api/loans?limit=1', contains: customer }
`,
  };
}

async function makeReady(place: UpPlace, system: string): Promise<void> {
  const deploy = { system, service: 'api', version: 'v1' };
  await (await place.start('canaryDeploy', `deploy/${system}/api/v1`, deploy)).result();
  await (await place.start('backup', `backup/${system}`, { system })).result();
}

async function batch(place: UpPlace, systems: readonly string[]): Promise<Batch> {
  const started = performance.now();
  const ends = await Promise.all(
    systems.map(async (system) => {
      const handle = await place.start('disasterRecovery', `drill/${system}`, { system });
      return { wrong: await wrongOf(handle), ms: performance.now() - started };
    }),
  );
  return {
    count: systems.length,
    wallMs: performance.now() - started,
    each: ends.map(({ ms }) => ms),
    broken: ends.flatMap(({ wrong }) => wrong ?? []),
  };
}

async function wrongOf(handle: WorkflowHandle): Promise<string | undefined> {
  const { outcome, message } = await endOf(handle);
  return outcome === 'succeeded' ? undefined : `${outcome}: ${message}`;
}

function sideBySide(batches: readonly Batch[]): Measured {
  const good = batches.findLast(({ broken }) => broken.length === 0);
  const bad = batches.find(({ broken }) => broken.length > 0);
  const what =
    bad === undefined
      ? `all passed at ${SYSTEMS} at once; more were not tried`
      : `at ${bad.count} at once ${bad.broken.length} did not succeed: ${bad.broken[0] ?? ''}`;
  return figure('drills side by side that all passed', 'drills', [good?.count ?? 0], {
    notes: [what],
    table: [
      ['at once', 'wall s', 'median drill s', 'slowest drill s', 'drills/s', 'not succeeded'],
      ...batches.map(({ count, wallMs, each, broken }) => [
        String(count),
        seconds(wallMs),
        seconds(median(each)),
        seconds(Math.max(...each)),
        ((count / wallMs) * 1000).toFixed(2),
        String(broken.length),
      ]),
    ],
  });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
