// The report's page in a real browser, from a file as a person opens it: what it shows, what it asks for, and how
// it fits on a phone, in the dark and on paper.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Report } from '../../src/domain/record/report.ts';
import { reportToHtml } from '../../src/reports/html.ts';
import {
  comparedReport,
  longReport,
  measuredReport,
  reportOf,
} from '../support/record/report-samples.ts';
import { openBrowser, skipWithoutBrowser } from '../support/web-ui.ts';

const PHONE = { viewport: { width: 375, height: 700 } };
const WORD = 'x'.repeat(128);

let browser: Browser | undefined;
let folder: string;

before(async () => {
  browser = await openBrowser();
  folder = mkdtempSync(join(tmpdir(), 'fairlead-page-'));
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Shown {
  page: Page;
  address: string;
  /** Addresses of all that was asked for. */
  requests: string[];
  /** Errors and warnings of the console, and uncaught errors. */
  complaints: string[];
}

async function show(
  open: Browser,
  report: Report,
  options: BrowserContextOptions = {},
): Promise<Shown> {
  const file = join(folder, 'report.html');
  writeFileSync(file, reportToHtml(report));
  const page = await (await open.newContext(options)).newPage();
  const [requests, complaints]: [string[], string[]] = [[], []];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const address = pathToFileURL(file).href;
  await page.goto(address);
  return { page, address, requests, complaints };
}

const wider = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - window.innerWidth');

/** Of the labels of one chart, pairs that cover each other. */
const OVERLAPS = `[...document.querySelectorAll('svg.plot')].flatMap((plot) => {
  const boxes = [...plot.querySelectorAll('text')].map((one) => [one.textContent, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0);
  return boxes.flatMap(([a, one], index) => boxes.slice(index + 1)
    .filter(([, two]) => one.left < two.right && two.left < one.right && one.top < two.bottom && two.top < one.bottom)
    .map(([b]) => a + ' / ' + b));
})`;

/** Cells of short words only, whose words take more than one line each. */
const BROKEN = `[...document.querySelectorAll('.rows:not(.long) tbody :is(th, td)')].filter((cell) => {
  const range = document.createRange();
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    for (const word of text.data.matchAll(/[A-Za-z]+/g)) {
      if (word[0].length > 18) continue;
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (range.getClientRects().length > 1) return true;
    }
  }
  return false;
}).map((cell) => cell.innerText)`;

test('the outcome is what one reads first; nothing is asked for and nothing complains', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const { page, address, requests, complaints } = await show(browser, measuredReport());
  assert.equal(await page.title(), 'Rolled back: deploy/shop/api/v2');
  const lines = (await page.locator('main').innerText()).split('\n').map((line) => line.trim());
  const [, , outcome, operation, message] = lines.filter((line) => line !== '');
  assert.equal(outcome, 'Rolled back');
  assert.equal(operation, 'deploy/shop/api/v2');
  assert.equal(message, 'errors failed at weight-25');
  const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts();
  assert.deepEqual(headings.slice(0, 3), [
    'Timeline',
    'Weights over time',
    'What each revision answered',
  ]);
  await page.getByRole('img', { name: 'error-ratio of v2 and v1' }).waitFor();
  await page.getByText('error-ratio as a table').click();
  await page.getByRole('cell', { name: '0.01 to 0.2, 120 requests' }).waitFor();
  assert.deepEqual(requests, [address]);
  assert.deepEqual(complaints, []);
});

test('both sides of a comparison are drawn, and stand in a table', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const { page, complaints } = await show(browser, comparedReport());
  const plot = page.getByRole('img', { name: 'p95-ms of v2 beside v1 at weight-25' }).first();
  await plot.waitFor();
  assert.equal(await plot.locator('circle').count(), 82);
  const [box, median] = [plot.locator('.judged .box'), plot.locator('.judged .median')];
  const [around, inside] = [await box.boundingBox(), await median.boundingBox()];
  assert.ok(around !== null && inside !== null);
  assert.ok(inside.x > around.x && inside.x < around.x + around.width);
  await page.getByText('Comparisons as a table').click();
  await page.getByRole('cell', { name: '140 (130 to 150), 41 values' }).first().waitFor();
  await page.getByRole('cell', { name: 'no data' }).first().waitFor();
  assert.deepEqual(complaints, []);
});

test('a script that somebody typed is text, and does not run', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const text =
    '<script>document.title = "taken"</script><img src="http://127.0.0.1:9/" onerror="x">';
  const { page, address, requests, complaints } = await show(browser, reportOf(text));
  assert.equal(await page.title(), `Failed: ${text}`);
  assert.equal(await page.locator('script, img').count(), 0);
  assert.equal(await page.locator('p.message').innerText(), text);
  assert.deepEqual(requests, [address]);
  assert.deepEqual(complaints, []);
});

const PHONE_CASES: [string, () => Report][] = [
  ['a canary', measuredReport],
  ['a comparison', comparedReport],
  ['words of 128 letters', () => reportOf(WORD)],
  ['a thousand steps', () => longReport(1000)],
];

for (const [name, report] of PHONE_CASES) {
  test(`${name} is no wider than a phone, also unfolded`, async (t) => {
    if (skipWithoutBrowser(t, browser)) return;
    const { page } = await show(browser, report(), PHONE);
    assert.equal(await wider(page), 0);
    await page.evaluate(
      'document.querySelectorAll("details").forEach((one) => { one.open = true })',
    );
    assert.equal(await wider(page), 0);
  });
}

for (const options of [{}, PHONE]) {
  test(`no label of a chart covers another ${options === PHONE ? 'on a phone' : 'on a desk'}`, async (t) => {
    if (skipWithoutBrowser(t, browser)) return;
    for (const report of [measuredReport(), comparedReport(), longReport(20), longReport(1000)]) {
      const { page } = await show(browser, report, options);
      assert.ok((await page.locator('svg.plot text').count()) > 10);
      assert.deepEqual(await page.evaluate(OVERLAPS), []);
    }
  });
}

test('the stable revision can be seen where both answered the same', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const { page } = await show(browser, measuredReport());
  const [square, circle] = [page.locator('.line.stable rect'), page.locator('.line.judged circle')];
  const [outer, inner] = [await square.first().boundingBox(), await circle.first().boundingBox()];
  assert.ok(outer && inner && outer.width > inner.width + 2, JSON.stringify({ outer, inner }));
  await page.evaluate('document.querySelector(".line.stable rect").id = "square"');
  assert.equal(await page.evaluate('getComputedStyle(square).fill'), 'none');
});

test('no column breaks a word that people write', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const narrow = { viewport: { width: 700, height: 700 } };
  const { page } = await show(browser, measuredReport(), narrow);
  const broken: string[] = await page.evaluate(BROKEN);
  assert.deepEqual(broken, []);
});

test('the dark scheme is dark, paper is white', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const ground = (page: Page): Promise<string> =>
    page.evaluate('getComputedStyle(document.body).backgroundColor');
  const light = await show(browser, measuredReport(), { colorScheme: 'light' });
  const dark = await show(browser, measuredReport(), { colorScheme: 'dark' });
  assert.equal(await ground(light.page), 'rgb(245, 246, 248)');
  assert.equal(await ground(dark.page), 'rgb(13, 17, 23)');
  await dark.page.emulateMedia({ media: 'print' });
  assert.equal(await ground(dark.page), 'rgb(255, 255, 255)');
  await dark.page.getByRole('cell', { name: '0.01 to 0.2, 120 requests' }).waitFor();
});

test('a thousand steps are there: what failed at once, the rest when it is unfolded', async (t) => {
  if (skipWithoutBrowser(t, browser)) return;
  const { page, complaints } = await show(browser, longReport(1000));
  const timeline = page.locator('table.timeline');
  await timeline.getByRole('rowheader', { name: 'step-969' }).waitFor();
  assert.ok((await timeline.getByRole('row').count()) < 60);
  await page.getByText('Every step with its details (1000)').click();
  await page
    .getByRole('table', { name: 'Every step' })
    .getByText('step-500', { exact: true })
    .waitFor();
  assert.deepEqual(complaints, []);
});
