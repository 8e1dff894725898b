// What an operator does at night with nothing but Temporal's Web UI: starts an operation, reads what it waits for,
// answers it, and is told what was wrong.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { digestOf } from '../../src/domain/digest.ts';
import { listPages } from '../../src/workflows/messages.ts';
import { openDoor, type Door } from '../../src/machine/http/http-door.ts';
import { endOf, reportOf, statesOf, untilStatus } from '../support/operations.ts';
import { longBake, openShop, type Shop } from '../support/shop.ts';
import { testServer } from '../support/temporal-server.ts';
import {
  currentDetails,
  openBrowser,
  openPage,
  openTab,
  refreshedUntil,
  sendUpdate,
  showColumns,
  skipWithoutBrowser,
  startByForm,
} from '../support/web-ui.ts';

let browser: Browser | undefined;
let page: Page;
let shop: Shop;
let uiUrl: string;
let door: Door;

before(async () => {
  browser = await openBrowser();
  if (browser === undefined) return;
  // As `up` lets people come to it.
  const { hostname: host, port } = new URL((await testServer()).uiUrl);
  const target = { host, port: Number(port) };
  door = await openDoor({
    host: '127.0.0.1',
    port: 0,
    names: [],
    target,
    what: 'the Web UI',
    shortcuts: listPages('default'),
  });
  uiUrl = `http://localhost:${door.port}`;
  shop = await openShop();
  page = await openPage(browser);
});
after(async () => {
  await browser?.close();
  if (browser !== undefined) door.close();
  if (browser !== undefined) await shop.worker.stop();
});

test('an operation that is started by the form runs and shows how it ended', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const system = shop.live();
  const workflowId = `by hand ${system}`;
  const input = JSON.stringify({ system, requestedBy: 'ana' });
  const { taskQueue } = shop.worker;
  await startByForm(page, uiUrl, { workflowId, taskQueue, type: 'stopTraffic', input });
  const handle = shop.worker.client.workflow.getHandle(workflowId);
  assert.equal((await endOf(handle)).outcome, 'succeeded');
  assert.equal(shop.weightsOf(system), 'no traffic');
  await openTab(page, uiUrl, handle, 'user-metadata');
  await currentDetails(page)
    .getByRole('heading', { name: `stop/${system}: succeeded` })
    .waitFor();
  await currentDetails(page).getByText(`stop traffic of ${system}, asked by ana`).waitFor();
});

test('the short addresses lead to what waits for people, to what is not over, to what failed, and a refused drill is in none', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const { handle: waiting } = await shop.waiting();
  const running = await shop.deploy(shop.live(longBake), 'v2');
  await untilStatus(running, ({ step }) => step === 'weight-5');
  shop.ports.world.answer('bad', { errorRatio: 0.5 });
  const failed = await shop.deploy(shop.live(), 'bad');
  assert.equal((await endOf(failed)).outcome, 'rolledBack');
  const refused = await shop.start('disasterRecovery', { system: shop.live() });
  assert.equal((await endOf(refused)).outcome, 'refused');
  const lists: [string, WorkflowHandle[]][] = [
    ['waiting', [waiting]],
    ['running', [waiting, running]],
    ['failed', [failed]],
  ];
  for (const [list, wanted] of lists) {
    await page.goto(`${uiUrl}/${list}`);
    for (const handle of [waiting, running, failed, refused]) {
      const row = page.getByRole('link', { name: handle.workflowId, exact: true });
      if (wanted.includes(handle)) await row.first().waitFor();
      else assert.equal(await row.count(), 0, `${handle.workflowId} in ${list}`);
    }
  }
  const shown = [waiting, failed, refused].map(({ workflowId }) => workflowId);
  await showColumns(page, uiUrl, ['FairleadSummary', 'FairleadOutcome'], shown);
  const listed = page.getByRole('row').filter({ hasText: waiting.workflowId });
  await listed.getByText('/api v1 → v2 by canary, asked by ci').waitFor();
  for (const [handle, outcome] of [
    [failed, 'rolledBack'],
    [refused, 'refused'],
  ] as const) {
    const ended = page.getByRole('row').filter({ hasText: handle.workflowId });
    await ended.getByText(outcome, { exact: true }).waitFor();
  }
  for (const handle of [waiting, running]) {
    await handle.signal('abort', { actor: 'ana', reason: 'the test is over' });
    assert.equal((await endOf(handle)).outcome, 'aborted');
  }
});

test('a gate is approved with the JSON that the details page says to paste', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const { system, handle } = await shop.waiting();
  await openTab(page, uiUrl, handle, 'user-metadata');
  const details = currentDetails(page);
  await details.getByRole('heading', { name: 'Waits for a person: weight-5' }).waitFor();
  await details.getByText('0 of 1 approvals given; may answer: anyone but ci').waitFor();
  const json = details.locator('code', { hasText: '"digest"' }).first();
  // All of it can be seen: the pane is narrow, and what is cut off is not copied.
  const [pane, box] = [await details.locator('body').boundingBox(), await json.boundingBox()];
  assert.ok(pane && box && box.x + box.width <= pane.x + pane.width, JSON.stringify({ pane, box }));
  const pasted = (await json.innerText()).replace('YOUR-NAME', 'ana');
  await sendUpdate(page, 'approve', pasted);
  assert.equal((await endOf(handle)).outcome, 'succeeded');
  assert.equal(shop.weightsOf(system), 'v2 100 %');
  await openTab(page, uiUrl, handle, 'user-metadata');
  await details.getByRole('heading', { name: `deploy/${system}/api/v2: succeeded` }).waitFor();
});

test('a runbook of steps is chosen and ticked with the JSON that the details page says to paste', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const runbook = runbookSchema.parse({
    title: 'A test',
    steps: [
      { id: 'way', choose: { question: 'Which?', options: { left: ['one'], right: ['two'] } } },
      { id: 'one', manual: 'One' },
      { id: 'two', manual: 'Two' },
    ],
  });
  const file = 'systems/shop/runbooks/ways.yaml';
  const written = { name: 'ways', file, digest: digestOf(runbook), runbook };
  shop.ports.steps.written.set('ways', written);
  const system = shop.live();
  const request = { system, runbook: 'ways', requestedBy: 'ci' };
  const handle = await shop.start('runbook', request, `run/${system}/ways`);
  const details = currentDetails(page);
  for (const [step, kind, words] of [
    ['way', 'choose', '"right"'],
    ['two', 'tick', '"two"'],
  ] as const) {
    await untilStatus(handle, ({ asks }) => asks?.step === step);
    await openTab(page, uiUrl, handle, 'user-metadata');
    await details.getByRole('heading', { name: `Waits for a person: ${step}` }).waitFor();
    const json = details.locator('code', { hasText: words }).first();
    await sendUpdate(page, kind, (await json.innerText()).replace('YOUR-NAME', 'ana'));
  }
  assert.equal((await endOf(handle)).outcome, 'succeeded');
  assert.deepEqual(statesOf(await reportOf(handle)), ['way done', 'one passedOver', 'two done']);
});

test('an approval by the requester is answered with the sentence that refuses it', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const { handle } = await shop.waiting();
  await openTab(page, uiUrl, handle, 'user-metadata');
  await sendUpdate(page, 'approve', '{"actor":"ci"}');
  const sentence = 'ci requested this and cannot approve it; needed: anyone but ci';
  const alert = page.getByRole('alert').filter({ hasText: sentence });
  await alert.waitFor();
  assert.equal((await alert.innerText()).trim(), sentence);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).last().click();
  await refreshedUntil(page, /approve from ci: ci requested this/);
  const status = await untilStatus(handle, ({ state }) => state === 'waiting');
  assert.equal(status.gates[0]?.have, 0);
  await handle.signal('abort', { actor: 'ana', reason: 'the test is over' });
  assert.equal((await endOf(handle)).outcome, 'aborted');
});

test('nonsense in the form is answered with a sentence that says what is allowed', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const workflowId = `nonsense ${shop.live()}`;
  const { taskQueue } = shop.worker;
  const input = '{"sytem": 3}';
  await startByForm(page, uiUrl, { workflowId, taskQueue, type: 'stopTraffic', input });
  const handle = shop.worker.client.workflow.getHandle(workflowId);
  const { message } = await endOf(handle);
  assert.match(
    message,
    /^stopTraffic: \(1\) has no field "sytem" \(did you mean system\?\); it takes system, .*\(2\) needs system /,
  );
  await openTab(page, uiUrl, handle, 'history');
  await page.getByText('stopTraffic: (1) has no field').first().waitFor();
});
