// Temporal's Web UI in a real browser, as an operator uses it: starts, reads, sends. Only what can be seen is used:
// labels, roles, texts.
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import {
  chromium,
  type Browser,
  type FrameLocator,
  type Locator,
  type Page,
} from 'playwright-core';
import { PATIENCE_MS } from './patience.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser, or undefined where there is none: then `skipWithoutBrowser` skips. */
export async function openBrowser(): Promise<Browser | undefined> {
  const executablePath = BROWSERS.find((path) => existsSync(path));
  if (executablePath === undefined) return undefined;
  return chromium.launch({ executablePath, args: FLAGS, timeout: PATIENCE_MS });
}

export function skipWithoutBrowser(
  t: TestContext,
  browser: Browser | undefined,
): browser is undefined {
  if (browser !== undefined) return false;
  t.skip(`missing part: chromium (looked for ${BROWSERS.join(', ')}; npm run parts gets it)`);
  return true;
}

export async function openPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.setDefaultTimeout(PATIENCE_MS);
  return page;
}

interface WhatToStart {
  workflowId: string;
  taskQueue: string;
  type: string;
  /** As it is typed. */
  input: string;
}

/** Fills in the form "Start Workflow" and sends it. */
export async function startByForm(page: Page, uiUrl: string, what: WhatToStart): Promise<void> {
  await page.goto(`${uiUrl}/namespaces/default/workflows/start-workflow`);
  await page.getByLabel('Workflow ID').fill(what.workflowId);
  await page.getByLabel('Task Queue').fill(what.taskQueue);
  await page.getByLabel('Workflow Type').fill(what.type);
  await typeData(page.locator('.cm-content').first(), what.input);
  await page.getByText('Task Queue is Active').waitFor();
  const started = page.waitForResponse((response) => response.request().method() === 'POST');
  await press(page.getByRole('button', { name: 'Start Workflow' }));
  const response = await started;
  if (!response.ok()) throw new Error(`the Web UI answered ${response.status()}`);
}

/** Opens a tab of a workflow's page by its address, e.g. `user-metadata`. */
export async function openTab(
  page: Page,
  uiUrl: string,
  handle: WorkflowHandle,
  tab: 'timeline' | 'history' | 'user-metadata',
): Promise<void> {
  const { runId } = await handle.describe();
  const id = encodeURIComponent(handle.workflowId);
  await page.goto(`${uiUrl}/namespaces/default/workflows/${id}/${runId}/${tab}`);
}

/**
 * Adds search attributes to the columns of the list of workflows, and shows the list of those that are named: other
 * tests run on the same server, and a page of the whole list is full of theirs.
 */
export async function showColumns(
  page: Page,
  uiUrl: string,
  names: string[],
  workflowIds: string[],
): Promise<void> {
  await page.goto(`${uiUrl}/namespaces/default/workflows`);
  await page.getByRole('button', { name: 'Configure Columns' }).click();
  for (const name of names) {
    await page.getByRole('button', { name: new RegExp(name) }).click();
    await page.locator('th', { hasText: name }).waitFor({ state: 'attached' });
  }
  const query = workflowIds.map((id) => `WorkflowId = "${id}"`).join(' OR ');
  await page.goto(`${uiUrl}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
}

/** The operation's own page, in its frame. */
export function currentDetails(page: Page): FrameLocator {
  return page.frameLocator('iframe');
}

/** Asks for the page anew, until it shows a text: the Web UI does not refresh it by itself. */
export async function refreshedUntil(page: Page, text: RegExp): Promise<void> {
  const shown = currentDetails(page).getByText(text).first();
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    await page.keyboard.press('r');
    if (await seen(shown.waitFor({ timeout: 3000 }))) return;
  }
  throw new Error(`the page never showed ${String(text)}`);
}

/** Sends an update from the page of a running workflow; leaves the dialog as it then is. */
export async function sendUpdate(page: Page, name: string, data: string): Promise<void> {
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Send an Update' }).click();
  const dialog = page.getByRole('dialog', { name: 'Send an Update' });
  await dialog.getByRole('button', { name: 'Select an Update' }).click();
  await dialog.getByRole('option', { name: new RegExp(`^${name}\\b`) }).click();
  await typeData(dialog.locator('.cm-content'), data);
  await press(dialog.getByRole('button', { name: 'Submit' }));
}

/** Leaves the editor first: it then formats its text, which moves a button away from under a click. */
async function press(button: Locator): Promise<void> {
  await button.focus();
  await button.click();
}

async function typeData(editor: Locator, text: string): Promise<void> {
  await editor.click();
  await editor.page().keyboard.insertText(text);
}

async function seen(waiting: Promise<void>): Promise<boolean> {
  return waiting.then(
    () => true,
    () => false,
  );
}
