// Recoveries in the place of the live data of systems that are written to by more than users: programs that a command stops,
// what only people can stop, and what was sent outside meanwhile.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import { Failure } from '../../src/domain/failure.ts';
import { openDataShop } from '../support/data-shop.ts';
import { endOf, reportOf, untilStatus } from '../support/operations.ts';
import { send, type ShopFile } from '../support/shop.ts';

const { shop, stored } = await openDataShop();
after(() => shop.worker.stop());
const { exchanged } = shop.ports;

const FILE = {
  uses: ['orders'],
  datastores: { orders: { kind: 'files', directory: 'data' } },
  recovery: {
    admit: [100],
    writers: [
      {
        name: 'imports',
        command: { stop: ['stop'], start: ['start'], check: ['off'], timeout: '1s' },
      },
      { outside: 'billing', stop: 'manual' },
    ],
    outside: [{ name: 'mails', look: 'Ask the mail server what it sent.' }],
  },
} satisfies ShopFile;

/** A program that writes, as its commands see it. */
function program() {
  const state = { runs: true, obeys: true, did: [] as string[] };
  shop.ports.checks.run = async ({ check }) => {
    const [verb = ''] = check.command ?? [];
    if (verb === 'off') {
      if (state.runs) throw new Failure('CheckFailed', 'it runs');
      return 'off exited with 0';
    }
    state.did.push(verb);
    if (state.obeys) state.runs = verb === 'start';
    return `${verb} exited with 0`;
  };
  return state;
}

async function begun(file: ShopFile = FILE): Promise<{ system: string; handle: WorkflowHandle }> {
  const system = shop.live(file);
  stored(system, 1);
  const request = { system, mode: 'recover', requestedBy: 'ci' };
  return { system, handle: await shop.start('disasterRecovery', request) };
}

const parkedAt = (handle: WorkflowHandle, at: string) =>
  untilStatus(handle, ({ state, step }) => state === 'parked' && step === at);

const says = (handle: WorkflowHandle, step: string) =>
  send(handle, 'retryStep', { actor: 'ben', step });

/** What a step asks somebody to do, once it asks. */
async function askedAt(handle: WorkflowHandle, at: string): Promise<string> {
  const { asks } = await untilStatus(handle, (status) => status.asks?.step === at);
  return asks?.text ?? '';
}

const ticks = (handle: WorkflowHandle, step: string) =>
  send(handle, 'tick', { actor: 'ben', step, note: 'seen' });

async function approve(handle: WorkflowHandle): Promise<void> {
  const { gates } = await untilStatus(handle, (status) => status.gates.length > 0);
  const { id, digest } = gates.at(-1) ?? assert.fail('no gate');
  await send(handle, 'approve', { actor: 'ana', gate: id, digest });
}

describe('a recovery of data that programs write to', () => {
  test('stops them before the fence, asks for what only people can stop, and brings all of them back after users', async () => {
    const writer = program();
    const { system, handle } = await begun();
    assert.match(await askedAt(handle, 'halt-billing'), /billing has to be stopped, so that it/);
    assert.deepEqual([writer.runs, writer.did], [false, ['stop']]);
    assert.equal(exchanged.live.get(`${system}/orders`)?.fencedSince, undefined);
    await ticks(handle, 'halt-billing');
    await approve(handle);
    await askedAt(handle, 'resume-billing');
    assert.equal(shop.ports.world.service({ system, service: 'api' }).traffic.stopped, false);
    assert.equal(writer.runs, false);
    await ticks(handle, 'resume-billing');
    const outside = await askedAt(handle, 'outside-mails');
    assert.equal(writer.runs, true);
    assert.match(outside, /mails, sent since .*Z \(.*orders.*\), .* mail server/);
    await ticks(handle, 'outside-mails');
    const { outcome, message } = await endOf(handle);
    assert.equal(outcome, 'succeeded', message);
    assert.match(message, /mails: ben says that mails was looked through: seen/);
    const report = await reportOf(handle);
    assert.equal(report.verdict, 'pass');
    const told = report.verdicts.map(({ reason }) => reason).join('\n');
    assert.match(told, /ben says that billing is stopped/);
  });

  test('asks where a command ends well and its check says that the program runs all the same', async () => {
    const writer = program();
    writer.obeys = false;
    const { handle } = await begun();
    const { note, answers } = await parkedAt(handle, 'halt-imports');
    assert.match(note ?? '', /stop exited with 0, and by its check off imports still runs/);
    assert.ok(!(answers ?? []).includes('skipStep'));
    // A person stops it in another way: nothing is done twice.
    writer.runs = false;
    await says(handle, 'halt-imports');
    await askedAt(handle, 'halt-billing');
    assert.deepEqual(writer.did, ['stop']);
    writer.obeys = true;
    await send(handle, 'abort', { actor: 'ana' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.equal(writer.runs, true);
    const { findings, undo } = await reportOf(handle);
    assert.match(findings.join('\n'), /billing was stopped by hand: start it again/);
    assert.match(undo.map(({ detail }) => detail).join('\n'), /start the writer imports again/);
  });

  test('migrates what was exchanged before services start, and only where its check says so', async () => {
    const writer = program();
    writer.runs = false;
    let isUp = false;
    const before = shop.ports.checks.run.bind(shop.ports.checks);
    const did: string[] = [];
    shop.ports.checks.run = async (input, waiting) => {
      const [verb = ''] = input.check.command ?? [];
      if (verb === 'up') {
        did.push(verb);
        isUp = did.length > 1;
        return 'up exited with 0';
      }
      if (verb !== 'is-up') return before(input, waiting);
      if (!isUp) throw new Failure('CheckFailed', 'a column is missing');
      return 'is-up exited with 0';
    };
    const migrate = { command: ['up'], check: ['is-up'], timeout: '1s' };
    const { handle } = await begun({ ...FILE, recovery: { admit: [100], migrate } });
    await approve(handle);
    const { note, steps } = await parkedAt(handle, 'migrate');
    assert.match(note ?? '', /up exited with 0, and by its check is-up what is live is not as the/);
    assert.ok(!steps.some(({ id }) => id.startsWith('restart')));
    await says(handle, 'migrate');
    assert.equal((await endOf(handle)).outcome, 'succeeded');
    assert.deepEqual(did, ['up', 'up']);
  });

  test('that is aborted after the exchange leaves writers stopped, as it leaves users out', async () => {
    const writer = program();
    const { reached, release } = exchanged.hangNext('exchange', true);
    const { handle } = await begun();
    await askedAt(handle, 'halt-billing');
    await ticks(handle, 'halt-billing');
    await approve(handle);
    await reached;
    await send(handle, 'abort', { actor: 'ana' });
    release();
    assert.equal((await endOf(handle)).outcome, 'aborted');
    assert.deepEqual(writer.did, ['stop']);
  });
});
