// `fairlead quarantine remove SYSTEM/DATASTORE NAME`: asks, then runs the workflow removeQuarantined.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { isRecord } from '../../domain/json.ts';
import type { QuarantineRow } from '../../domain/backup/backup-list.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { refuseUnknownPart } from '../output/system-status.ts';
import { withTemporal, type Temporal } from '../temporal/connect.ts';
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
    const rows = await listed(temporal, { system, datastore, name });
    if (rows.length > 0 && options.yes !== true) await confirm(quarantineLines(system, rows));
    const request = { system, datastore, name, requestedBy };
    const id = `unquarantine/${system}/${datastore}/${randomUUID()}`;
    return runForAnswer(temporal, 'removeQuarantined', id, request);
  });
  if (options.json === true) printJson(answer);
  else printText(removedLine(answer, { system, datastore, name }));
}

interface Named {
  system: string;
  datastore: string;
  name: string;
}

/** Throws ExitError (2) for what is not kept; nothing where the worker is one of before, which cannot say it. */
async function listed(temporal: Temporal, named: Named): Promise<QuarantineRow[]> {
  const { system, datastore, name } = named;
  await refuseUnknownPart(temporal, { system, part: datastore });
  const { quarantined } = await askBackups(temporal, system);
  const there = quarantined?.filter((one) => one.datastore === datastore);
  if (there === undefined) return [];
  const rows = there.filter((one) => one.name === name);
  if (rows.length > 0) return rows;
  const known = there.map((one) => one.name);
  const kept = known.length === 0 ? 'nothing' : known.join(', ');
  throw new ExitError(
    EXIT.badInput,
    `no exchange keeps ${name} of ${system}/${datastore}${didYouMean(name, known)}; kept there: ${kept}`,
  );
}

function removedLine(answer: unknown, { system, datastore, name }: Named): string {
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
