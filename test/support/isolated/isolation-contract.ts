// What every implementation of isolated targets promises: run against real namespaces and against the one in memory.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { IsolationPort, ServiceStart } from '../../../src/ports/isolation.ts';
import type { LivePlace } from '../../../src/domain/recovery/isolation.ts';
import { fails } from '../fails.ts';
import { waiting } from '../local-daemon.ts';

export interface IsolationUnderTest {
  isolation: IsolationPort;
  live: LivePlace;
  opening: (target: string) => Parameters<IsolationPort['open']>[0];
  service: (target: string) => ServiceStart;
  /** One that does not start. */
  failing: (target: string) => ServiceStart;
}

export function isolationContract(
  name: string,
  begin: (t: TestContext) => Promise<IsolationUnderTest | undefined>,
): void {
  test(`${name}: a target that was never opened, or is closed, is not found`, async (t) => {
    const it = await begin(t);
    if (it === undefined) return;
    const { isolation, live } = it;
    const refuseAll = async (): Promise<void> => {
      await fails('NotFound', isolation.probe({ target: 'one', live: [live] }, waiting()));
      await fails('NotFound', isolation.mount({ target: 'one', mounts: [] }, waiting()));
      await fails('NotFound', isolation.start(it.service('one'), waiting()));
      const question = { target: 'one', port: 8000, path: '/', timeoutMs: 1000 };
      await fails('NotFound', isolation.ask(question, waiting()));
    };
    await refuseAll();
    const opening = it.opening('one');
    await isolation.close(opening, waiting());
    await isolation.open(opening, waiting());
    await isolation.close(opening, waiting());
    await isolation.close(opening, waiting());
    await refuseAll();
  });

  test(`${name}: a target is listed with its owner, opened once, and nobody else's`, async (t) => {
    const it = await begin(t);
    if (it === undefined) return;
    const { isolation } = it;
    const opening = it.opening('one');
    await isolation.open(opening, waiting());
    const listed = await isolation.list();
    await isolation.open(opening, waiting());
    assert.deepEqual(await isolation.list(), listed);
    assert.deepEqual(
      listed.map(({ target, owner }) => ({ target, owner })),
      [{ target: 'one', owner: opening.owner }],
    );
    const reset = { ...opening, owner: { ...opening.owner, runId: 'after a reset' } };
    await isolation.open(reset, waiting());
    assert.deepEqual(
      (await isolation.list()).map(({ owner }) => owner),
      [reset.owner],
    );
    const other = { ...opening, owner: { workflowId: 'another', runId: 'one' } };
    await fails('Refused', isolation.open(other, waiting()));
    await isolation.close(other, waiting());
    assert.equal((await isolation.list()).length, 1, 'what is not its own is left alone');
    // The one that opened it before the Reset.
    await isolation.close(opening, waiting());
    assert.deepEqual(await isolation.list(), []);
    await isolation.open(other, waiting());
  });

  test(`${name}: what is live is refused inside and reached outside`, async (t) => {
    const it = await begin(t);
    if (it === undefined) return;
    await it.isolation.open(it.opening('one'), waiting());
    const probes = await it.isolation.probe({ target: 'one', live: [it.live] }, waiting());
    assert.deepEqual(
      probes.map(({ place, inside, outside }) => ({ place, inside, outside })),
      [{ place: it.live, inside: 'refused', outside: 'reached' }],
    );
  });

  test(`${name}: a service that starts answers, and one that does not fails the check`, async (t) => {
    const it = await begin(t);
    if (it === undefined) return;
    const { isolation } = it;
    await isolation.open(it.opening('one'), waiting());
    const { port } = it.service('one');
    const question = { target: 'one', port, path: '/health', timeoutMs: 1000 };
    await fails('CheckFailed', isolation.ask(question, waiting()));
    await fails('CheckFailed', isolation.start(it.failing('one'), waiting()));
    const { detail } = await isolation.start(it.service('one'), waiting());
    assert.match(detail, /^api was ready after \d+ ms/);
    assert.equal((await isolation.ask(question, waiting())).status, 200);
  });
}
