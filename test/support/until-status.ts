// Waits for what `fairlead status WHAT --json` would show. For test/support/up/whole-up.ts: a process of the command line
// for each look costs a second of a processor.
import { setTimeout as sleep } from 'node:timers/promises';
import { findAddress } from '../../src/cli/temporal/address.ts';
import { askStatus } from '../../src/cli/operation/ask-status.ts';
import { type Temporal, withTemporalAt } from '../../src/cli/temporal/connect.ts';
import { findOperation } from '../../src/cli/operation/find-operation.ts';
import { looksLikeOperation } from '../../src/cli/ids.ts';
import { askSystem } from '../../src/cli/output/system-status.ts';
import { PATIENCE_MS } from './patience.ts';

const ANSWER_MS = 5_000;

/** What is seen when it is as wanted, or when patience is over: a status, or why there is none, as JSON. */
export async function untilStatus(
  data: string,
  what: string,
  wanted: (seen: string) => boolean,
): Promise<string> {
  return withTemporalAt(findAddress({ FAIRLEAD_DATA: data }, data), 'test', async (temporal) => {
    for (const deadline = Date.now() + PATIENCE_MS; ;) {
      const seen = await look(temporal, what);
      if (wanted(seen) || Date.now() >= deadline) return seen;
      await sleep(100);
    }
  });
}

async function look(temporal: Temporal, what: string): Promise<string> {
  try {
    if (!looksLikeOperation(what)) return JSON.stringify(await askSystem(temporal, what));
    const run = await findOperation(temporal, what, undefined);
    const answer = await askStatus(temporal, run, ANSWER_MS);
    return JSON.stringify(answer.from === 'worker' ? answer.status : answer);
  } catch (error) {
    return JSON.stringify(String(error));
  }
}
