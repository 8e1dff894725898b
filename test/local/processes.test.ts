// What a replica starts ends with it, wherever it went; and a clock that is set makes nothing last longer.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { allPids, commandOf } from '../../src/machine/process-identity.ts';
import { freePort } from '../support/free-ports.ts';
import {
  eventually,
  plainSpec,
  restarted,
  TestHost,
  tokens,
  weightsOf,
} from '../support/local-daemon.ts';

const HAS_PRLIMIT = spawnSync('prlimit', ['--version']).status === 0;

describe('the local host', () => {
  let host: TestHost;
  const nextToken = tokens();
  before(async () => {
    host = await TestHost.start();
  });
  after(() => host.end());

  const living = (commands: readonly string[]): string[] =>
    commands.filter((command) => allPids().some((pid) => commandOf(pid) === command));

  function commandAt({ program }: ReturnType<typeof plainSpec>): string[] {
    assert.ok(program.kind === 'process');
    return program.command;
  }

  /** A service that starts each of the commands in a way of its own, and then itself. */
  async function started(name: string, ways: readonly string[]) {
    const service = { system: 'shop', service: name };
    const commands = ways.map(() => `sleep ${randomInt(100_000, 999_999)}`);
    const script = ways.map((way, i) => way.replace('CMD', commands[i] ?? '')).join('\n');
    const plain = plainSpec(service, 'v1', await freePort());
    const shell = `${script}\nexec "$@"`;
    const command = ['/bin/sh', '-c', shell, 'sh', ...commandAt(plain)];
    const spec = plainSpec(service, 'v1', plain.program.port, { command });
    await host.ready(spec, 1, nextToken());
    await eventually('all of them', () => living(commands).length === commands.length);
    return { service, spec, commands };
  }

  const WAYS = [
    ...Array<string>(5).fill('setsid CMD &'),
    // Forked twice, and its output elsewhere.
    '(setsid CMD >/dev/null 2>&1 &)',
    // Its environment cleared, a child still.
    'env -i setsid CMD >/dev/null 2>&1 &',
    // Both, and it still writes to the log.
    '(env -i setsid CMD &)',
    // Nothing left of where it comes from but its limit.
    ...(HAS_PRLIMIT ? ['(cd / && env -i setsid CMD >/dev/null 2>&1 &)'] : []),
  ];

  test('ends what a replica started and sent away, when the replica is removed', async () => {
    const { service, spec, commands } = await started('leaving', WAYS);
    await host.platform.workload.remove({ service, revision: spec.id, token: nextToken() });
    assert.deepEqual(living(commands), []);
  });

  test('ends what a replica started and sent away, when the replica crashes', async () => {
    const { service, commands } = await started('crashing', [
      'setsid CMD &',
      '(env -i setsid CMD &)',
    ]);
    const [state] = await host.platform.workload.revisions(service);
    assert.equal(state?.ready, 1);
    const leader = allPids().find((pid) => commandOf(pid).includes(commands[0] ?? '?'));
    assert.ok(leader !== undefined);
    const { pid } = JSON.parse(await (await fetch(state.previewUrl)).text()) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await eventually('the end of the first ones', () => {
      const left = allPids().filter((one) => one === leader);
      return left.length === 0;
    });
  });

  test("leaves another replica's processes alone", async () => {
    const one = await started('first', ['setsid CMD &']);
    const other = await started('second', ['setsid CMD &']);
    const { service, spec } = one;
    await host.platform.workload.remove({ service, revision: spec.id, token: nextToken() });
    assert.deepEqual(living([...one.commands, ...other.commands]), other.commands);
  });

  test('leaves the replica that takes the place of one alone, which writes to the same log', async () => {
    const service = { system: 'shop', service: 'rolling' };
    const port = await freePort();
    const [node = '', ...args] = commandAt(plainSpec(service, 'v1', port));
    // Its environment says of no replica; the second word is found by its path all the same.
    const clear = ['/usr/bin/env', '-u', 'FAIRLEAD_REPLICA', node, ...args];
    const spec = plainSpec(service, 'v1', port, { command: clear });
    await host.ready(spec, 3, nextToken());
    const token = nextToken();
    await restarted(host.platform.workload, { service, revision: spec.id, token });
    const [state] = await host.platform.workload.revisions(service);
    assert.deepEqual([state?.ready, state?.crashes], [3, 0]);
  });
});

// Longer than the drain, which ends it (a POST is sent to nobody else); shorter, which is let be.
for (const [hours, takes, end] of [
  [-1, 600_000, 'refused'],
  [1, 1500, 'answered'],
] as const) {
  test(`drains for as long as it is told, no longer and no less, while the clock is set by ${hours} h`, async (t) => {
    const host = await TestHost.start([], undefined, {
      NODE_OPTIONS: `--import ${join(import.meta.dirname, '..', 'support', 'set-clock.mjs')}`,
    });
    t.after(() => host.end());
    const service = { system: 'shop', service: 'draining' };
    const nextToken = tokens();
    const port = await freePort();
    const [v1, v2] = ['v1', 'v2'].map((version) =>
      plainSpec(service, version, port, { drain: 4000 }),
    );
    assert.ok(v1 && v2);
    await host.ready(v1, 1, nextToken());
    await host.ready(v2, 1, nextToken());
    const { traffic, workload } = host.platform;
    const one = weightsOf([v1, 100]);
    await traffic.set({ service, weights: one, expect: [], token: nextToken() });
    const slow = fetch(`http://127.0.0.1:${port}/slow?ms=${takes}`, { method: 'POST' }).then(
      ({ ok }) => (ok ? 'answered' : 'refused'),
      () => 'cut off',
    );
    await eventually('the request to be there', async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/open`)).text();
      return text === 'slow';
    });
    const other = weightsOf([v2, 100]);
    await traffic.set({ service, weights: other, expect: one, token: nextToken() });
    const removed = workload.remove({ service, revision: v1.id, token: nextToken() });
    await writeFile(join(host.data, 'clock'), String(hours * 3_600_000));
    await removed;
    assert.equal(await slow, end);
  });
}
