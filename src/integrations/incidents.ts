// Timelines of incidents in the object store: `_incidents/<system>/<id>/<opened at>/<first line>-<digest>.json`, each put once with
// some lines and the incident as it was then. The newest opening of an id counts, and its last object has its state.
import { z } from 'zod';
import type { IncidentsPort } from '../ports/incidents.ts';
import type { ObjectsPort } from '../ports/objects.ts';
import type { Waiting } from '../ports/waiting.ts';
import type { Incident } from '../domain/incident/incident.ts';
import { verifyTimeline, type TimelineLine } from '../domain/incident/timeline.ts';
import { digestOf } from '../domain/digest.ts';
import { encodeName } from './encode-name.ts';
import { jsonBytes, putOnce, readJson } from './json-objects.ts';

export const INCIDENTS = '_incidents/';

const LONGEST = 4 * 1024 * 1024;
/** What one answer of a worker can carry: older lines are left out of it, and stay kept. */
const MOST_LINES = 2000;

const lineSchema: z.ZodType<TimelineLine> = z.custom<TimelineLine>(
  (value) =>
    z.looseObject({ seq: z.number(), at: z.string(), what: z.string() }).safeParse(value).success,
);
const incidentSchema: z.ZodType<Incident> = z.custom<Incident>(
  (value) =>
    z
      .looseObject({
        schema: z.literal('fairlead/incident/v1'),
        incident: z.string(),
        title: z.string(),
        phase: z.string(),
      })
      .safeParse(value).success,
);
const partSchema = z.object({ incident: incidentSchema, lines: z.array(lineSchema) });

export function createIncidents(objects: ObjectsPort): IncidentsPort {
  return {
    append: async ({ incident, lines }, waiting) => {
      const [first] = lines;
      if (first === undefined) return;
      await putOnce(
        objects,
        { key: keyOf(incident, first), body: jsonBytes({ incident, lines }) },
        waiting,
      );
    },
    read: async ({ system, id }, waiting) => {
      const folder = `${INCIDENTS}${encodeName(system)}/${encodeName(id)}/`;
      const found = await objects.list(folder);
      const newest = found.at(-1)?.key.slice(folder.length).split('/')[0];
      if (newest === undefined) return undefined;
      const keys = found
        .map(({ key }) => key)
        .filter((key) => key.startsWith(`${folder}${newest}/`));
      return recordOf(keys, objects, waiting);
    },
  };
}

function keyOf({ system, id, openedAt }: Incident, first: TimelineLine): string {
  const opened = openedAt.replace(/[^0-9]/g, '');
  const number = String(first.seq).padStart(8, '0');
  return `${INCIDENTS}${encodeName(system)}/${encodeName(id)}/${opened}/${number}-${digestOf(first.hash).slice(0, 8)}.json`;
}

async function recordOf(keys: readonly string[], objects: ObjectsPort, waiting: Waiting) {
  const bySeq = new Map<number, TimelineLine>();
  const problems: string[] = [];
  let incident: Incident | undefined;
  for (const key of keys) {
    const part = await readJson(objects, { key, longest: LONGEST }, partSchema, waiting);
    if ('problem' in part) {
      problems.push(part.problem);
      continue;
    }
    incident = part.value.incident;
    for (const line of part.value.lines) if (!bySeq.has(line.seq)) bySeq.set(line.seq, line);
  }
  if (incident === undefined) return undefined;
  const timeline = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  const altered = verifyTimeline(timeline);
  if (altered !== undefined) problems.push(altered);
  const left = timeline.length - MOST_LINES;
  if (left > 0) problems.push(`the first ${left} lines are kept and not shown here`);
  return {
    schema: 'fairlead/incident-report/v1' as const,
    incident,
    timeline: timeline.slice(-MOST_LINES),
    problem: problems.length === 0 ? null : problems.join('; '),
  };
}
