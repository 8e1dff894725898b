// `fairlead quarantine remove SYSTEM/DATASTORE NAME`: asks, then runs the workflow removeQuarantined.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { isRecord } from '../../domain/json.ts';
import { withTemporal } from '../temporal/connect.ts';
import { askBackups } from '../temporal/ask-backups.ts';
import { runForAnswer } from '../temporal/run-for-answer.ts';
import { EXIT, ExitError } from '../exit.ts';
import { actorName } from '../identity.ts';
import { datastoreTarget } from '../ids.ts';
import { printJson, printText } from '../output/print.ts';
import { quarantineLines } from './lines.ts';

interface RemoveOptions {
  as?: string;
  json?: boolean;
  yes?: boolean;
}

export async function removeQuarantined(
  target: string,
  name: string,
  options: RemoveOptions,
): Promise<void> {
  const { system, datastore } = datastoreTarget(target);
  const requestedBy = actorName(options.as);
  const answer = await withTemporal(requestedBy, async (temporal) => {
    const { quarantined = [] } = await askBackups(temporal, system);
    const rows = quarantined.filter((one) => one.datastore === datastore && one.name === name);
    // What is not listed the worker refuses, with what there is.
    if (rows.length > 0 && options.yes !== true) await confirm(quarantineLines(system, rows));
    const request = { system, datastore, name, requestedBy };
    const id = `unquarantine/${system}/${datastore}/${randomUUID()}`;
    return runForAnswer(temporal, 'removeQuarantined', id, request);
  });
  if (options.json === true) printJson(answer);
  else printText(removedLine(answer, { system, datastore, name }));
}

function removedLine(
  answer: unknown,
  { system, datastore, name }: { system: string; datastore: string; name: string },
): string {
  const by = isRecord(answer) && typeof answer['by'] === 'string' ? answer['by'] : 'somebody';
  return `${name} of ${system}/${datastore} is removed, by ${by}`;
}

/** Without a terminal nobody can be asked: then --yes says it. */
async function confirm(lines: readonly string[]): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new ExitError(
      EXIT.refused,
      'removing it is for good: say --yes where nobody can be asked',
    );
  }
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asked.question(`${lines.join('\n')}\nRemove it for good? [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    asked.close();
  }
  throw new ExitError(EXIT.refused, 'nothing was removed');
}
