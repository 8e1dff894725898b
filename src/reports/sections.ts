// The sections of a report, each a pure function from the report to blocks. Tables and lists are here; sections with
// charts, and those of a drill, have files of their own.
import { hasJudged } from '../domain/analysis/finding.ts';
import { commandText } from '../domain/text/command-text.ts';
import { span, spanBetween } from '../domain/text/markdown.ts';
import type { Plan } from '../domain/operation/plan.ts';
import type { Report } from '../domain/record/report.ts';
import { brought } from './brought.ts';
import { comparisons } from './comparisons.ts';
import { badge, code, tableOf, timeIn } from './document.ts';
import type { Block, Folded, Section, Table, Words } from './document.ts';
import { drillTables, startsOnCopies, type DrillTable } from './drill-tables.ts';
import { identityOf } from './head.ts';
import { measurements } from './measurements.ts';
import { timeline } from './timeline.ts';
import { counted, toneOf } from './wording.ts';
import { traffic } from './traffic.ts';

const ASSERTED =
  'Asserted: the name was stated by whoever sent the message; no signature proves who that was.';

/** In the order of the page; empty ones are left out where they are shown. */
export function sectionsOf(report: Report): Section[] {
  const { findings, leftovers } = report;
  return [
    section('timeline', 'Timeline', timeline(report), 'Steps'),
    ...drillTables(report).map(drillSection),
    section('children', 'Operations it started', [children(report)]),
    section('brought', 'What was looked at', brought(report)),
    section('weights', 'Weights over time', traffic(report)),
    section('measured', 'What each revision answered', measurements(report)),
    section('compared', 'Compared with the stable revision', comparisons(report)),
    section('decisions', 'Decisions', decisions(report)),
    section(
      'verdicts',
      'Verdicts',
      startsOnCopies(report) ? [] : [verdicts(report), reads(report)],
    ),
    section('undo', 'Undo and leftovers', [undo(report)], 'Undone'),
    section('leftovers', 'Left over', [{ kind: 'list', lines: leftovers }]),
    section('findings', 'Findings', [{ kind: 'list', lines: findings }]),
    section('messages', 'Messages', [messages(report)]),
    section('notices', 'Notices', [notices(report)]),
    section('timings', 'Phases', [timings(report)], 'Timings'),
    section('evidence', 'Evidence', [{ kind: 'facts', facts: identityOf(report) }]),
    section('plan', 'Plan', report.plan === null ? [] : plan(report.plan)),
  ];
}

function section(id: string, title: string, blocks: readonly Block[], textTitle = title): Section {
  return { id, title, textTitle, blocks };
}

/** Its section says what a table shows. Verdicts that all passed are folded, and so is what only some look up. */
function drillSection({ id, title, columns, rows, verdictAt, folds }: DrillTable): Section {
  const isPass = (row: readonly string[]): boolean =>
    verdictAt === undefined || row[verdictAt] === 'pass';
  const shown = rows.map((row) => ({
    cells: row.map((cell, index) => (index === verdictAt ? badge(cell) : cell)),
    matters: !isPass(row),
  }));
  const table = { kind: 'table', caption: title, titled: true, columns, rows: shown } as const;
  if (folds === undefined) return section(id, title, [table]);
  const passed = rows.filter(isPass).length;
  const summary =
    verdictAt === undefined ? counted(rows.length, folds) : `${passed} of ${rows.length} passed`;
  return section(id, title, [{ kind: 'folded', summary, table, open: passed < rows.length }]);
}

function decisions({ decisions: all }: Report): Block[] {
  const table = tableOf(
    'Who answered the gates',
    all,
    {
      gate: (one) => one.gate,
      decision: (one) => badge(one.decision),
      by: (one) => one.actor ?? 'nobody: the deadline passed',
      'known how': (one) => (one.trust === 'claimed' ? 'asserted' : one.trust),
      reason: (one) => one.reason ?? '',
      'at (UTC)': (one) => timeIn(one.at),
      digest: (one) => code(one.digest.slice(0, 12)),
    },
    (one) => one.decision !== 'approved',
  );
  const asserted = all.some((one) => one.trust === 'claimed');
  return [
    table,
    ...(asserted ? [{ kind: 'paragraph', words: ASSERTED, quiet: true } as const] : []),
  ];
}

function verdicts({ verdicts: all }: Report): Table {
  return tableOf(
    'What analyses and checks said',
    all,
    {
      step: (one) => one.step,
      'judged by': (one) => one.name,
      verdict: (one) => (hasJudged([one]) ? badge(one.verdict) : 'told'),
      why: (one) => one.reason,
      // Who knows of none stands on none: a number would look like one that was counted.
      samples: (one) => (one.samples === 0 ? '' : one.samples),
    },
    (one) => one.verdict !== 'pass',
  );
}

/** What the verdicts of analyses stand on. */
function reads({ verdicts: all }: Report): Folded {
  const rows = all.flatMap(({ step, name, reads: found = [] }) =>
    found.map((one) => ({ ...one, step, name })),
  );
  const table = tableOf(
    'How often each metric was read',
    rows,
    {
      step: (one) => one.step,
      analysis: (one) => one.name,
      metric: (one) => one.metric,
      'reads ok': (one) => one.ok,
      'without data': (one) => one.noData,
      failed: (one) => one.failed,
      'requests judged': (one) => one.requests ?? 'not counted',
    },
    (one) => one.failed > 0 || one.noData > 0,
  );
  return { kind: 'folded', summary: `${table.caption} (${rows.length})`, table };
}

function children({ children: all = [] }: Report): Table {
  return tableOf(
    'Each has a record of its own',
    all,
    {
      step: (one) => one.step,
      operation: (one) => one.operation,
      outcome: (one) => badge(one.outcome ?? 'running'),
      'how it ended': (one) => one.message ?? '',
      took: (one) => spanBetween(one.startedAt, one.endedAt),
      'its report': (one) => code(commandText('report', one.workflowId, '--run', one.runId)),
    },
    (one) => one.outcome !== 'succeeded',
  );
}

function undo({ undo: all }: Report): Table {
  return tableOf(
    'What was taken back, in this order',
    all,
    {
      step: (one) => one.step,
      what: (one) => one.verb,
      state: (one) => badge(one.status),
      detail: (one) => one.detail,
    },
    (one) => toneOf(one.status) !== 'good',
  );
}

function messages({ messages: all }: Report): Table {
  return tableOf(
    'What people and tools sent while it ran',
    all,
    {
      'at (UTC)': (one) => timeIn(one.at),
      message: (one) => one.name,
      from: (one) => one.actor ?? 'unknown',
      answer: (one) => badge(one.accepted ? 'accepted' : 'refused'),
      note: (one) => one.note,
      reason: (one) => one.reason ?? '',
    },
    (one) => !one.accepted,
  );
}

function notices({ notices: all = [] }: Report): Table {
  return tableOf(
    'Who was told what while it ran',
    all,
    {
      'at (UTC)': (one) => timeIn(one.at),
      to: (one) => one.channel,
      that: (one) => one.about,
      state: (one) => (one.delivered ? badge('delivered', 'good') : badge('not delivered', 'bad')),
      why: (one) => one.reason ?? '',
    },
    (one) => !one.delivered,
  );
}

function timings({ timings: all }: Report): Table {
  return tableOf('How long each phase took', all, {
    phase: (one) => one.phase,
    'started (UTC)': (one) => timeIn(one.startedAt),
    took: (one) => spanBetween(one.startedAt, one.endedAt),
    'of it waiting for people': (one) =>
      one.waitedForPeopleMs > 0 ? span(one.waitedForPeopleMs) : '',
  });
}

function plan(made: Plan): Block[] {
  const steps = tableOf('What it set out to do, before anything was changed', made.steps, {
    step: (one) => one.id,
    what: (one) => one.title,
    watches: ({ bake }) => (bake === undefined ? '' : watching(bake)),
    asks: (one) => one.gate ?? '',
    undo: (one) => one.undo,
  });
  const idle = made.nothingToDo;
  return [
    { kind: 'paragraph', words: [...way(made), 'Digest', code(made.digest)] },
    ...(idle === undefined ? [] : [{ kind: 'paragraph', words: idle } as const]),
    { kind: 'folded', summary: counted(made.steps.length, 'step'), table: steps },
  ];
}

function watching({ ms, analyses }: { ms: number; analyses: readonly string[] }): string {
  const by = analyses.length === 0 ? '' : `, ${analyses.join(' and ')}`;
  return `${ms / 1000} s${by}`;
}

function way({ from, to }: Plan): Words[] {
  if (to === undefined) return [];
  return [from === undefined ? `To ${to}; nothing was live.` : `From ${from} to ${to}.`];
}
