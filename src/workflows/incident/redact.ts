// Takes secrets out of what people wrote, in few activities however many write at once. A thousand messages that come in one
// activation, with an activity each, would take it longer than an activation may take.
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/create.ts';
import type { Incident } from '../../domain/incident/incident.ts';
import { singleEnvelope } from '../steps/single-activity.ts';
import { aboutOf } from './beside.ts';
import type { Room, Written } from './room.ts';

/** Of one activity: its input stays far below what Temporal takes. */
const MOST_TEXTS = 500;
const MOST_CHARACTERS = 100_000;

/** The texts of one message as they may be shown, in their order. */
export async function redactedTexts(
  room: Room,
  incident: Incident,
  texts: string[],
): Promise<string[]> {
  if (texts.every((text) => text === '')) return texts;
  const shown = new Promise<string[]>((resolve) => {
    room.written.push({ texts, resolve });
  });
  if (!room.isRedacting) void redactAll(room, incident);
  return shown;
}

async function redactAll(room: Room, incident: Incident): Promise<void> {
  room.isRedacting = true;
  while (room.written.length > 0) {
    const batch = room.written.splice(0, sizeOfBatch(room.written));
    const shown = await redactedBatch(
      incident,
      batch.flatMap(({ texts }) => texts),
    );
    let at = 0;
    for (const { texts, resolve } of batch) resolve(shown.slice(at, (at += texts.length)));
  }
  room.isRedacting = false;
}

/** How many messages go along, the oldest first: one at least. */
function sizeOfBatch(written: readonly Written[]): number {
  let count = 0;
  let characters = 0;
  const isOver = written.findIndex(({ texts }) => {
    count += texts.length;
    characters += texts.join('').length;
    return count > MOST_TEXTS || characters > MOST_CHARACTERS;
  });
  return isOver < 0 ? written.length : Math.max(1, isOver);
}

async function redactedBatch(incident: Incident, texts: string[]): Promise<string[]> {
  const { readPeople } = proxyActivities<Activities>({
    ...{ startToCloseTimeout: '30s', heartbeatTimeout: '5s' },
    retry: { initialInterval: '200ms', maximumInterval: '5s', maximumAttempts: 5 },
    summary: 'Take secrets out of what was written',
  });
  const { system } = incident;
  try {
    const { value } = await readPeople(singleEnvelope({ system, texts }, aboutOf(incident)));
    return value.texts;
  } catch {
    // Nobody knows the secrets of a system that cannot be read: the texts are not shown.
    return texts.map((text) => (text === '' ? '' : `[not shown: ${system} could not be read]`));
  }
}
