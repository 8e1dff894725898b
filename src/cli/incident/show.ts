// `fairlead incident show` and `list`, and the lines that an incident is shown with.
import { minute } from '../../domain/people/answers.ts';
import { ownerWords } from '../../domain/incident/follow-ups.ts';
import { incidentWords, isOver } from '../../domain/incident/incident.ts';
import type { IncidentStatus } from '../../domain/incident/incident-status.ts';
import { spanBetween } from '../../domain/text/markdown.ts';
import type { CommonOptions } from '../command-options.ts';
import { actorName } from '../identity.ts';
import { systemName } from '../ids.ts';
import { ago } from '../output/ages.ts';
import { columns, printJson, printText } from '../output/print.ts';
import { withTemporal } from '../temporal/connect.ts';
import { askIncident, incidentName, listRows, meant } from './find.ts';

const SHOWN_LINES = 10;

export async function listIncidents(
  system: string | undefined,
  options: CommonOptions & { all?: boolean },
): Promise<void> {
  const named = system === undefined ? undefined : systemName(system);
  const { all = false } = options;
  await withTemporal(actorName(options.as), async (temporal) => {
    const rows = await listRows(temporal, { system: named, all });
    if (options.json === true) {
      printJson({ incidents: rows });
      return;
    }
    const of = named === undefined ? '' : ` of ${named}`;
    if (rows.length === 0) printText(`no incident${of} ${all ? 'was ever opened' : 'is open'}`);
    else printText(columns([HEAD, ...rows.map(cellsOf)]).join('\n'));
  });
}

const HEAD = ['INCIDENT', 'SEVERITY', 'PHASE', 'COMMANDER', 'OPENED', 'TITLE'];

function cellsOf(row: Awaited<ReturnType<typeof listRows>>[number]): string[] {
  const { system, id, severity, phase, commander, openedAt, title } = row;
  return [
    `${system}/${id}`,
    severity,
    phase,
    commander ?? 'nobody',
    ago(openedAt, Date.now()),
    title,
  ];
}

export async function showIncident(text: string, options: CommonOptions): Promise<void> {
  incidentName(text);
  await withTemporal(actorName(options.as), async (temporal) => {
    const status = await askIncident(temporal, await meant(temporal, text));
    if (options.json === true) printJson(status);
    else printText(lines(status).join('\n'));
  });
}

/** An incident for a terminal: how it stands, what is due, what happened last, what to type. */
export function lines(status: IncidentStatus): string[] {
  return [
    incidentWords(status),
    `  ${stateWords(status)}`,
    ...clockLines(status),
    ...section(
      'roles',
      Object.entries(status.roles).map(([role, who]) => `${role}: ${who}`),
    ),
    ...section(
      'alerts',
      status.alerts.map(({ name, state, at }) => `${name} ${state} since ${at}`),
    ),
    ...section(
      'what changed since 24 h before it',
      status.operations
        .slice(-SHOWN_LINES)
        .map(
          ({ startedAt, operation, outcome }) =>
            `${minute(startedAt)}  ${operation}: ${outcome ?? 'under way'}`,
        ),
    ),
    ...section(
      'follow-ups',
      status.followUps.map(
        (one) => `${one.id}. ${one.text} (${one.doneAt === null ? ownerWords(one) : 'done'})`,
      ),
    ),
    ...section(
      'last',
      status.timeline
        .slice(-SHOWN_LINES)
        .map(({ at, who, what }) => `${at.slice(0, 19)}Z  ${who}: ${what}`),
    ),
    ...section('before it can be closed', isOver(status) ? status.left : []),
    ...nextLines(status),
  ];
}

function stateWords({ phase, openedAt, openedBy, closedAt, handover }: IncidentStatus): string {
  const how =
    closedAt === null
      ? `opened ${minute(openedAt)} by ${openedBy}`
      : `closed after ${spanBetween(openedAt, closedAt)}`;
  const hand =
    handover === null
      ? ''
      : `; ${handover.role} is handed over from ${handover.from} to ${handover.to}`;
  return `${phase}, ${how}${hand}`;
}

function clockLines({ clocks, phase }: IncidentStatus): string[] {
  if (phase === 'closed') return [];
  const words = {
    acknowledge: 'acknowledged',
    investigate: 'cause known',
    mitigate: 'users helped',
  };
  return (['acknowledge', 'investigate', 'mitigate'] as const).map((name) => {
    const { dueAt, doneAt, overdue } = clocks[name];
    const when = doneAt === null ? `due by ${minute(dueAt)}` : minute(doneAt);
    return `  ${words[name]}: ${when}${overdue ? ' (late)' : ''}`;
  });
}

function section(title: string, of: readonly string[]): string[] {
  return of.length === 0 ? [] : [`  ${title}:`, ...of.map((line) => `    ${line}`)];
}

function nextLines({ phase, system, id }: IncidentStatus): string[] {
  const name = `${system}/${id}`;
  const next = {
    open: [`fairlead incident ack ${name}`],
    investigating: [`fairlead incident update ${name} --cause TEXT`],
    identified: [`fairlead incident update ${name} --mitigated TEXT`],
    monitoring: [`fairlead incident update ${name} --resolution TEXT`],
    resolved: [`fairlead incident close ${name} --review TEXT`],
    closed: [`fairlead incident report ${name}`],
  }[phase];
  return ['  next:', ...next.map((line) => `    ${line}`)];
}
