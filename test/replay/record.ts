// Records the histories that replay.test.ts replays: `node --import tsx test/replay/record.ts [NAME ...]`, by hand,
// after a change of what workflows do that is not to be guarded by `patched()`. Without names all are recorded anew, and
// histories whose course is gone are removed. Exits with 1 when a course did not get where it leads; its old history stays.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { openShop, type Shop } from '../support/shop.ts';
import { startTestServer } from '../support/temporal-server.ts';
import { COURSES } from './courses.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const AT_A_TIME = 3;
const folder = resolve(import.meta.dirname, 'histories');

/** Who recorded it, and where, is nobody's business: identities and sticky queues name the machine. */
function withoutPlace(history: string): string {
  return JSON.stringify(JSON.parse(history), (key, value: unknown) => {
    const named = typeof value === 'string' && /^\d+@/.test(value);
    return named || key === 'identity' || key === 'stackTrace' ? 'recorder' : value;
  });
}

/** In a shop of its own: what one course leaves to fail or to hang must not meet another one. */
async function record(name: string): Promise<void> {
  const course = COURSES[name];
  if (course === undefined) throw new Error(`there is no course of this name`);
  const shop = await openShop();
  try {
    const history = await Promise.race([followed(shop, course), lateFor(name)]);
    writeFileSync(resolve(folder, `${name}.json`), `${withoutPlace(historyToJSON(history))}\n`);
    process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
  } finally {
    await shop.worker.stop();
  }
}

async function followed(shop: Shop, course: (typeof COURSES)[string]) {
  const handle = await course(shop);
  return handle.fetchHistory();
}

async function lateFor(name: string): Promise<never> {
  await sleep(PATIENCE_MS, undefined, { ref: false });
  throw new Error(`${name} did not get where it leads within ${PATIENCE_MS / 1000} s`);
}

const named = process.argv.slice(2);
const left = named.length > 0 ? named : Object.keys(COURSES);
mkdirSync(folder, { recursive: true });
const server = await startTestServer(new AbortController().signal);
process.env['FAIRLEAD_TEST_TEMPORAL_ADDRESS'] = server.address;
process.env['FAIRLEAD_TEST_TEMPORAL_CLI'] = server.cli;
process.env['FAIRLEAD_TEST_UI_URL'] = server.uiUrl;
const lane = async (): Promise<void> => {
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    await record(name).catch((error: unknown) => {
      process.exitCode = 1;
      process.stderr.write(`FAILED ${name}: ${String(error)}\n`);
    });
  }
};
try {
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  for (const file of named.length > 0 ? [] : readdirSync(folder)) {
    if (!(file.replace(/\.json$/, '') in COURSES)) rmSync(resolve(folder, file));
  }
} finally {
  await server.stop();
}
process.exit();
