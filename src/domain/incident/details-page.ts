// What the Web UI shows of an incident: how it stands, what is due, and the JSON that answers it. Markdown.
import { minute } from '../people/answers.ts';
import { code, fenced, plain } from '../text/markdown.ts';
import { incidentAnswers } from './change.ts';
import { ownerWords } from './follow-ups.ts';
import { incidentWords, isOver, type Incident } from './incident.ts';
import { leftToDo } from './passing-time.ts';

export function incidentPage(incident: Incident): string {
  return [
    `## ${plain(incidentWords(incident))}`,
    '',
    ...stateLines(incident),
    ...clockLines(incident),
    ...listed(
      'Roles',
      Object.entries(incident.roles).map(([role, who]) => `${role}: ${who}`),
    ),
    ...listed(
      'Alerts',
      incident.alerts.map(({ name, state, at }) => `${name}: ${state} since ${at}`),
    ),
    ...listed(
      'Follow-ups',
      incident.followUps.map(
        (one) => `${one.id}. ${one.text} (${one.doneAt === null ? ownerWords(one) : 'done'})`,
      ),
    ),
    ...listed('Before it can be closed', isOver(incident) ? leftToDo(incident) : []),
    ...answerLines(incident),
  ].join('\n');
}

function stateLines({
  phase,
  openedAt,
  openedBy,
  service,
  handover,
  acknowledgedBy,
}: Incident): string[] {
  const about = service === null ? '' : ` It is about ${code(service)}.`;
  const who =
    acknowledgedBy === null
      ? 'Nobody has acknowledged it.'
      : `Acknowledged by ${plain(acknowledgedBy)}.`;
  const hand =
    handover === null
      ? ''
      : ` ${plain(handover.from)} hands ${plain(handover.role)} over to ${plain(handover.to)}, who acknowledges it.`;
  return [
    `**${phase}** since ${minute(openedAt)}, opened by ${plain(openedBy)}. ${who}${about}${hand}`,
    '',
  ];
}

function clockLines({ clocks, phase }: Incident): string[] {
  if (phase === 'closed') return [];
  const words = {
    acknowledge: 'acknowledged',
    investigate: 'cause known',
    mitigate: 'users helped',
  };
  const lines = (['acknowledge', 'investigate', 'mitigate'] as const).map((name) => {
    const { dueAt, doneAt, overdue } = clocks[name];
    const late = overdue ? ', **late**' : '';
    return `${words[name]}: ${doneAt === null ? `due by ${minute(dueAt)}` : minute(doneAt)}${late}`;
  });
  return [...lines.map((line) => `- ${line}`), ''];
}

function listed(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [`**${title}**`, '', ...lines.map((line) => `- ${plain(line)}`), ''];
}

function answerLines(incident: Incident): string[] {
  const answers = incidentAnswers(incident);
  if (answers.length === 0) return [];
  return [
    '*More Actions*, *Send an Update* (or *Send a Signal*), choose the name, paste the JSON, put your name in:',
    '',
    ...answers.flatMap(({ message, means, json }) => [
      `${code(message)}: ${plain(means)}`,
      '',
      ...fenced('json', json),
      '',
    ]),
    `${code('update')} also takes ${code('note')}, ${code('severity')}, ${code('cause')}, ${code('mitigated')}, ${code('status')} (for the status page), ${code('link')}, ${code('role')} with ${code('person')}, ${code('handover')}; ${code('followUp')} takes ${code('text')}, ${code('owner')}, ${code('due')}.`,
  ];
}
