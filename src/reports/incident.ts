// The report of an incident, which is the first draft of its post-mortem: made from what was kept of it, and from nothing else.
import { ownerWords } from '../domain/incident/follow-ups.ts';
import {
  incidentWords,
  type Clock,
  type Incident,
  type Said,
} from '../domain/incident/incident.ts';
import { LOOK_BACK_MS } from '../domain/incident/operations-seen.ts';
import type { IncidentRecord } from '../domain/incident/timeline.ts';
import { plain, spanBetween } from '../domain/text/markdown.ts';
import { tableOf, timeIn, type Block, type Fact, type Section } from './document.ts';
import { htmlPage } from './html.ts';
import { facts, SIGNS } from './html-blocks.ts';
import { factLines, sectionLines } from './markdown.ts';
import { markup } from './markup.ts';
import type { Tone } from './wording.ts';

export function incidentToMarkdown(record: IncidentRecord): string {
  const lines = [
    `# ${plain(incidentWords(record.incident))}`,
    ...['', plain(headline(record.incident))],
    ...['', ...factLines(factsOf(record.incident))],
    ...sectionsOf(record).flatMap(sectionLines),
  ];
  return `${lines.join('\n')}\n`;
}

export function incidentToHtml(record: IncidentRecord): string {
  const { incident } = record;
  const tone = toneOf(incident);
  return htmlPage({
    title: incidentWords(incident),
    header: markup`<header class="${tone}">
<p class="eyebrow">Fairlead · incident · ${incident.system}</p>
<h1><span class="sign" aria-hidden="true">${SIGNS[tone]}</span><span>${incident.severity}: ${incident.title}</span></h1>
<p class="operation">${incident.incident}</p>
<p class="message">${headline(incident)}</p>
<dl class="facts">${facts(factsOf(incident))}</dl>
</header>`,
    sections: sectionsOf(record),
    footer:
      'Made by Fairlead from the timeline of this incident, and from nothing else. Times are UTC.',
  });
}

function toneOf({ phase }: Incident): Tone {
  if (phase === 'open') return 'bad';
  return phase === 'closed' || phase === 'resolved' ? 'good' : 'warn';
}

function headline({ phase, openedAt, resolution, reviewDueAt, review }: Incident): string {
  const took = resolution === null ? '' : ` after ${spanBetween(openedAt, resolution.at)}`;
  const due =
    reviewDueAt === null || review !== null ? '' : ` The post-mortem is due by ${reviewDueAt}.`;
  return `${phase === 'closed' ? 'Closed' : `It is ${phase}`}${resolution === null ? '' : `; resolved${took}`}.${due}`;
}

function factsOf(incident: Incident): Fact[] {
  const { roles, service, alerts } = incident;
  const rows: [name: string, value: string][] = [
    ['System', incident.system],
    ['Service', service ?? 'the whole system'],
    ['Severity', incident.severity],
    ['Opened', `${incident.openedAt} by ${incident.openedBy}`],
    [
      'Acknowledged',
      incident.acknowledgedBy === null
        ? 'by nobody'
        : `${incident.clocks.acknowledge.doneAt ?? ''} by ${incident.acknowledgedBy}`,
    ],
    [
      'Resolved',
      incident.resolution === null
        ? 'not yet'
        : `${incident.resolution.at} by ${incident.resolution.by}`,
    ],
    [
      'Roles',
      Object.entries(roles)
        .map(([role, who]) => `${role}: ${who}`)
        .join(', ') || 'nobody has one',
    ],
    ['Alerts', alerts.length === 0 ? 'none' : `${alerts.length + incident.moreAlerts}`],
  ];
  return rows.map(([name, value]) => ({ name, value }));
}

function sectionsOf({ incident, timeline, problem }: IncidentRecord): Section[] {
  const said = (title: string, one: Said | null): Block[] => [
    {
      kind: 'paragraph',
      words: `${title}: ${one === null ? 'not written yet' : `${one.text} (${one.by}, ${one.at})`}`,
    },
  ];
  const section = (id: string, title: string, blocks: Block[]): Section => ({
    ...{ id, title, textTitle: title, blocks },
  });
  return [
    section('summary', 'Summary', [
      ...(problem === null ? [] : [{ kind: 'paragraph' as const, words: `Beware: ${problem}.` }]),
      ...said('Cause', incident.cause),
      ...said('What helped users', incident.mitigation),
      ...said('Resolution', incident.resolution),
      ...said('Review', incident.review),
    ]),
    section('clocks', 'How fast', [clockTable(incident)]),
    section('timeline', 'Timeline', [
      tableOf('Timeline', timeline, {
        'at (UTC)': ({ at }) => timeIn(at),
        who: ({ who }) => who,
        what: ({ what }) => what,
        see: ({ link = '' }) => link,
      }),
    ]),
    section('changes', 'What changed since 24 h before', [changeTable(incident)]),
    section('alerts', 'Alerts', alertBlocks(incident)),
    section('follow-ups', 'Follow-ups', followUpBlocks(incident)),
    section('to-write', 'Still to be written by people', [{ kind: 'list', lines: TO_WRITE }]),
  ];
}

/** What no record knows. */
const TO_WRITE: readonly string[] = [
  'Impact: how many users, what they could not do, for how long',
  'How it came to this: what had to come together',
  'What went well, what went badly, where luck helped',
  'How it could have been noticed sooner',
];

function clockTable({ clocks, openedAt }: Incident): Block {
  const rows: [string, Clock][] = [
    ['acknowledged', clocks.acknowledge],
    ['cause known', clocks.investigate],
    ['users helped', clocks.mitigate],
  ];
  return tableOf('Clocks', rows, {
    step: ([name]) => name,
    'due by (UTC)': ([, { dueAt }]) => timeIn(dueAt),
    'done (UTC)': ([, { doneAt }]) => (doneAt === null ? 'not done' : timeIn(doneAt)),
    after: ([, { doneAt }]) => spanBetween(openedAt, doneAt),
    late: ([, { overdue, doneAt, dueAt }]) => (overdue || (doneAt ?? '') > dueAt ? 'yes' : 'no'),
  });
}

function changeTable({ operations, openedAt, moreOperations }: Incident): Block {
  const from = new Date(Date.parse(openedAt) - LOOK_BACK_MS).toISOString();
  const shown = operations.filter(({ startedAt, endedAt }) => (endedAt ?? startedAt) >= from);
  if (shown.length === 0) return { kind: 'paragraph', words: 'No operation changed this system.' };
  const more = moreOperations === 0 ? '' : `, and ${moreOperations} more`;
  return tableOf(`Operations${more}`, shown, {
    'began (UTC)': ({ startedAt }) => timeIn(startedAt),
    operation: ({ operation }) => operation,
    what: ({ summary }) => summary ?? '',
    'came to': ({ outcome }) => outcome ?? 'under way',
    run: ({ firstRunId }) => firstRunId,
  });
}

function alertBlocks({ alerts, moreAlerts }: Incident): Block[] {
  if (alerts.length === 0) return [];
  const more = moreAlerts === 0 ? '' : `, and ${moreAlerts} more`;
  return [
    tableOf(`Alerts${more}`, alerts, {
      alert: ({ name }) => name,
      state: ({ state }) => state,
      'since (UTC)': ({ at }) => timeIn(at),
      fired: ({ times }) => `${times} ×`,
      says: ({ summary }) => summary,
    }),
  ];
}

function followUpBlocks({ followUps }: Incident): Block[] {
  if (followUps.length === 0) return [{ kind: 'paragraph', words: 'None was noted.' }];
  return [
    tableOf('Follow-ups', followUps, {
      number: ({ id }) => id,
      what: ({ text }) => text,
      who: (one) => (one.doneAt === null ? ownerWords(one) : `done by ${one.doneBy ?? ''}`),
    }),
  ];
}
