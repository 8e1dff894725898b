// Records the histories that replay.test.ts replays: `node --import tsx test/replay/record.ts [NAME ...]`, by hand,
// after a change of behaviour that comes with `patched()`. Old histories stay: they are what has to replay.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { openShop } from '../support/shop.ts';
import { startTestServer } from '../support/temporal-server.ts';
import { COURSES } from './courses.ts';

/** Who recorded it, and where, is nobody's business: identities and sticky queues name the machine. */
function withoutPlace(history: string): string {
  return JSON.stringify(JSON.parse(history), (key, value: unknown) => {
    const named = typeof value === 'string' && /^\d+@/.test(value);
    return named || key === 'identity' || key === 'stackTrace' ? 'recorder' : value;
  });
}

const folder = resolve(import.meta.dirname, 'histories');
mkdirSync(folder, { recursive: true });
const wanted = process.argv.slice(2);
const server = await startTestServer(new AbortController().signal);
process.env['FAIRLEAD_TEST_TEMPORAL_ADDRESS'] = server.address;
process.env['FAIRLEAD_TEST_TEMPORAL_CLI'] = server.cli;
process.env['FAIRLEAD_TEST_UI_URL'] = server.uiUrl;
try {
  const shop = await openShop();
  for (const [name, course] of Object.entries(COURSES)) {
    const file = resolve(folder, `${name}.json`);
    if (wanted.length === 0 ? existsSync(file) : !wanted.includes(name)) continue;
    const handle = await course(shop);
    const history = await handle.fetchHistory();
    writeFileSync(file, `${withoutPlace(historyToJSON(history))}\n`);
    process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
  }
  await shop.worker.stop();
} finally {
  await server.stop();
}
process.exit();
