// What the demonstration of an incident promises, and whether it held. Pure: from its reports, the record of the incident, and
// what the requests saw.
import type { IncidentRecord } from '../src/domain/incident/timeline.ts';
import type { SystemStatus } from '../src/domain/operation/status.ts';
import type { Report } from '../src/domain/record/report.ts';
import type { LoadAnswer } from './load.ts';
import { nowServing, type Promised } from './promises.ts';

export interface Evidence {
  reports: Report[];
  looked: Report;
  rolledBack: Report;
  record: IncidentRecord;
  after: SystemStatus;
  answers: readonly LoadAnswer[];
  /** ms */
  firedAt: number;
}

export function judge(evidence: Evidence): Promised[] {
  const { record, looked, rolledBack, after, firedAt } = evidence;
  const { incident, timeline } = record;
  const first = looked.steps.slice(0, 2).map(({ id, status }) => `${id} ${status}`);
  return [
    {
      promise: 'the alert opened an incident by itself, and one only',
      held: incident.source === 'alert' && incident.alerts[0]?.times === 1,
      seen: `${((Date.parse(incident.openedAt) - firedAt) / 1000).toFixed(1)} s after it fired, by ${incident.openedBy}`,
    },
    {
      promise: 'its runbook looked before anybody was asked, and changed nothing by itself',
      held:
        looked.outcome === 'succeeded' &&
        first.every((one) => one.endsWith(' done')) &&
        Date.parse(looked.startedAt ?? '') < Date.parse(rolledBack.startedAt ?? ''),
      seen: `${looked.operation}: ${first.join(', ')}`,
    },
    nowServing(after, 'v1'),
    {
      promise: 'the timeline is whole: alert, runbook, people, what changed, end',
      held:
        record.problem === null &&
        ['alert', 'link', 'phase', 'followUp', 'review', 'closed'].every((kind) =>
          timeline.some((line) => line.kind === kind),
        ),
      seen: `${timeline.length} lines, ${incident.operations.length} operations of the day around it`,
    },
  ];
}
