// What `fairlead schedules sync` does: asks a worker what its system files ask for, compares, makes it so, says it.
import { planSync, type FoundSchedule, type SyncAction } from '../../domain/time/schedule-sync.ts';
import type { WantedSchedules } from '../../domain/time/schedules.ts';
import { isWantedSchedules } from './answers.ts';
import type { CommonOptions } from '../command-options.ts';
import { type Temporal, withTemporal } from './connect.ts';
import { EXIT, ExitError } from '../exit.ts';
import { actorName } from '../identity.ts';
import { inspect } from './inspect.ts';
import { columns, printJson, printText } from '../output/print.ts';
import {
  createSchedule,
  markedSchedules,
  readSchedule,
  removeSchedule,
  updateSchedule,
} from './temporal-schedules.ts';

type Did = 'created' | 'updated' | 'unchanged' | 'removed' | 'left' | 'foreign';

const DID: Record<SyncAction['do'], Did> = {
  create: 'created',
  update: 'updated',
  keep: 'unchanged',
  remove: 'removed',
  leave: 'left',
  foreign: 'foreign',
};

interface Synced {
  id: string;
  did: Did;
  why?: string;
}

/** Exit 6 when a name is taken by somebody else's schedule, 2 when a system file cannot be read. */
export async function syncSchedules(
  only: string | null,
  options: CommonOptions & { dryRun?: boolean },
): Promise<void> {
  const dryRun = options.dryRun === true;
  await withTemporal(actorName(options.as), async (temporal) => {
    const { synced, broken } = await sync(temporal, only, dryRun);
    if (options.json === true) {
      printJson({ schema: 'fairlead/schedules-sync/v1', dryRun, schedules: synced, broken });
    } else printText(lines(synced, broken, dryRun).join('\n'));
    const foreign = synced.filter(({ did }) => did === 'foreign').map(({ id }) => id);
    if (foreign.length > 0) {
      throw new ExitError(EXIT.refused, `not Fairlead's, and left alone: ${foreign.join(', ')}`);
    }
    if (broken.length > 0) {
      const names = broken.map(({ system }) => system).join(', ');
      const message = `cannot be read, and their schedules were left as they are: ${names}`;
      throw new ExitError(EXIT.badInput, message);
    }
  });
}

export async function sync(
  temporal: Temporal,
  only: string | null,
  dryRun: boolean,
): Promise<{ synced: Synced[]; broken: WantedSchedules['broken'] }> {
  const answer = await askWanted(temporal, only);
  const { taskQueue } = temporal;
  const found = await readAll(temporal, answer);
  const synced: Synced[] = [];
  for (const action of planSync({ answer, found, taskQueue, only })) {
    if (!dryRun) await apply(temporal, action);
    synced.push({
      id: action.id,
      did: DID[action.do],
      ...('why' in action && { why: action.why }),
    });
  }
  return { synced, broken: answer.broken };
}

async function askWanted(temporal: Temporal, only: string | null): Promise<WantedSchedules> {
  const answer = await inspect(temporal, {
    ...(only !== null && { system: only }),
    schedules: true,
  });
  if (isWantedSchedules(answer)) return answer;
  throw new ExitError(
    EXIT.noAnswer,
    "asking for schedules: the worker's answer has none; is it an older version than this command?",
  );
}

async function readAll(temporal: Temporal, { wanted }: WantedSchedules): Promise<FoundSchedule[]> {
  const ids = new Set([...wanted.map(({ id }) => id), ...(await markedSchedules(temporal))]);
  const found: FoundSchedule[] = [];
  for (const id of ids) {
    const one = await readSchedule(temporal, id);
    if (one !== undefined) found.push(one);
  }
  return found;
}

async function apply(temporal: Temporal, action: SyncAction): Promise<void> {
  switch (action.do) {
    case 'create':
      return createSchedule(temporal, action.wanted);
    case 'update':
      return updateSchedule(temporal, action.wanted);
    case 'remove':
      return removeSchedule(temporal, action.id);
    case 'keep':
    case 'leave':
    case 'foreign':
      return;
  }
}

function lines(synced: Synced[], broken: WantedSchedules['broken'], dryRun: boolean): string[] {
  const would = (did: Did): string =>
    dryRun && (did === 'created' || did === 'updated' || did === 'removed')
      ? `would be ${did}`
      : did;
  return [
    ...columns(synced.map(({ id, did, why = '' }) => [would(did), id, why])),
    ...broken.map(({ system, message }) => `${system} cannot be read: ${message}`),
  ];
}
