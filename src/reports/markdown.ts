// Report -> Markdown, for people who ask afterwards what happened and who said so: the outcome first, then why.
import { bar, fenced, plain, span, spanBetween, table } from '../domain/markdown.ts';
import type { Spread } from '../domain/comparison.ts';
import { drillTables, startsOnCopies } from './drill-tables.ts';
import { decided, isDrill, kindWords, signingKey, touchesNoService } from './wording.ts';
import type { Report } from '../domain/report.ts';
import { titleOf } from '../domain/step-title.ts';

export function reportToMarkdown(report: Report): string {
  const sections = [
    head(report),
    listSection('Left over', report.leftovers),
    listSection('Findings', report.findings),
    ...drillTables(report).map(({ title, columns, rows }) =>
      section(
        title,
        columns,
        rows.map((row) => row.map(plain)),
      ),
    ),
    planSection(report),
    weightsSection(report),
    decisionsSection(report),
    startsOnCopies(report) ? [] : verdictsSection(report),
    comparisonsSection(report),
    stepsSection(report),
    undoSection(report),
    messagesSection(report),
    noticesSection(report),
    timingsSection(report),
    evidenceSection(report),
  ];
  return `${sections
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}

function head(report: Report): string[] {
  const title = plain(report.operation || 'an operation without a name');
  const rows = [...results(report), ...circumstances(report)]
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [name, plain(value)]);
  return [
    `# ${headline(report, title)}`,
    '',
    ...(report.message === null ? [] : [plain(report.message), '']),
    ...table(['', ''], rows),
  ];
}

/** Of a drill, the verdict is what everybody looks for. */
function headline(report: Report, title: string): string {
  const verdict = isDrill(report) ? decided(report) : undefined;
  if (verdict !== undefined) return `Verdict: ${verdict} (${title})`;
  return `${title}: ${plain(report.outcome ?? 'still running')}`;
}

function results(report: Report): [string, string][] {
  const clean = report.clean ? 'yes' : 'no';
  return [
    ['Verdict', report.verdict ?? 'none'],
    ['Serving', touchesNoService(report.kind) ? '' : (report.serving ?? 'not known yet')],
    ['Clean', report.outcome === null ? 'not known yet' : clean],
  ];
}

function circumstances(report: Report): [string, string][] {
  return [
    ['Kind', kindWords(report.kind)],
    ['Run', report.runId],
    ['System', `${report.system} (${report.systemDigest})`],
    ['Requested by', report.requestedBy ?? 'nobody known'],
    ['Reason', report.reason ?? 'none given'],
    ['Started', report.startedAt ?? 'not known'],
    ['Ended', report.endedAt ?? 'not yet'],
    ['Took', spanBetween(report.startedAt, report.endedAt)],
  ];
}

function listSection(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [`## ${title}`, '', ...lines.map((line) => `- ${plain(line)}`)];
}

function section(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  if (rows.length === 0) return [];
  return [`## ${title}`, '', ...table(columns, rows)];
}

function planSection(report: Report): string[] {
  const { plan } = report;
  if (plan === null) return [];
  const way = [plan.from, plan.to].filter((one) => one !== undefined).map(plain);
  const lines = ['## Plan', '', `Digest \`${plain(plan.digest)}\`. ${way.join(' → ')}`.trimEnd()];
  if (plan.nothingToDo !== undefined) lines.push('', plain(plan.nothingToDo));
  return lines;
}

function weightsSection(report: Report): string[] {
  const rows = report.weights.map((one) => [
    plain(one.at),
    plain(one.service),
    one.versions.length === 0
      ? 'nothing is served'
      : one.versions
          .map(({ version, percent }) => `${plain(version)} \`${bar(percent, 10)}\` ${percent} %`)
          .join(' '),
  ]);
  return section('Weights over time', ['at', 'service', 'versions'], rows);
}

/** A name that was claimed and not proven is an assertion, and the report says so. */
function decisionsSection(report: Report): string[] {
  const rows = report.decisions.map((one) => [
    plain(one.gate),
    plain(one.decision),
    plain(one.actor ?? 'nobody: the deadline passed'),
    one.trust === 'claimed' ? 'asserted' : plain(one.trust),
    plain(one.reason ?? ''),
    plain(one.at),
    `\`${plain(one.digest.slice(0, 12))}\``,
  ]);
  const columns = ['gate', 'decision', 'by', 'trust', 'reason', 'at', 'digest'];
  const lines = section('Decisions', columns, rows);
  const asserted = report.decisions.filter((one) => one.trust === 'claimed');
  if (asserted.length === 0) return lines;
  const note =
    'Asserted: the name was stated by whoever sent the message; no signature proves who that was.';
  return [...lines, '', note];
}

function verdictsSection(report: Report): string[] {
  const rows = report.verdicts.map((one) => [
    plain(one.step),
    plain(one.name),
    plain(one.verdict),
    plain(one.reason),
    String(one.samples),
  ]);
  return section('Verdicts', ['step', 'name', 'verdict', 'why', 'samples'], rows);
}

function comparisonsSection(report: Report): string[] {
  const rows = report.verdicts.flatMap(({ step, name, distributions = [] }) =>
    distributions.map((one) => [
      plain(step),
      plain(`${name}: ${one.metric}`),
      plain(one.class),
      middle(one.experiment),
      middle(one.control),
      plain(one.reason),
    ]),
  );
  const columns = ['step', 'metric', 'class', 'new: median (middle half)', 'stable', 'why'];
  return section('Compared with the stable revision', columns, rows);
}

function middle({ count, quartiles: [, lower, median, upper] }: Spread): string {
  if (lower === undefined || median === undefined || upper === undefined) return 'no data';
  return plain(`${median} (${lower} to ${upper}) of ${count}`);
}

function stepsSection(report: Report): string[] {
  const rows = report.steps.map((one) => [
    plain(one.id),
    plain(titleOf(one)),
    plain(one.status),
    plain(one.startedAt),
    spanBetween(one.startedAt, one.endedAt),
    one.waitedForPeopleMs > 0 ? span(one.waitedForPeopleMs) : '',
    String(one.attempts),
    plain(one.detail ?? ''),
  ]);
  const columns = ['step', 'what', 'state', 'started', 'took', 'of it waiting for people'];
  return section('Steps', [...columns, 'attempts', 'detail'], rows);
}

function undoSection(report: Report): string[] {
  const rows = report.undo.map((one) => [
    plain(one.step),
    plain(one.verb),
    plain(one.status),
    plain(one.detail),
  ]);
  return section('Undone', ['step', 'what', 'state', 'detail'], rows);
}

function messagesSection(report: Report): string[] {
  const rows = report.messages.map((one) => [
    plain(one.at),
    plain(one.name),
    plain(one.actor ?? 'unknown'),
    one.accepted ? 'accepted' : 'refused',
    plain(one.note),
    plain(one.reason ?? ''),
  ]);
  return section('Messages', ['at', 'message', 'from', 'answer', 'note', 'reason'], rows);
}

function noticesSection({ notices = [] }: Report): string[] {
  const rows = notices.map((one) => [
    plain(one.at),
    plain(one.channel),
    plain(one.about),
    one.delivered ? 'delivered' : 'not delivered',
    plain(one.reason ?? ''),
  ]);
  return section('Notices', ['at', 'to', 'that', 'state', 'why'], rows);
}

function timingsSection(report: Report): string[] {
  const rows = report.timings.map((one) => [
    plain(one.phase),
    plain(one.startedAt),
    spanBetween(one.startedAt, one.endedAt),
    one.waitedForPeopleMs > 0 ? span(one.waitedForPeopleMs) : '',
  ]);
  return section('Timings', ['phase', 'started', 'took', 'of it waiting for people'], rows);
}

function evidenceSection(report: Report): string[] {
  const { entries, head } = report.evidence;
  const key = signingKey(report);
  return [
    '## Evidence',
    '',
    `${entries.length} entries; the hash of the last one covers all of them:`,
    ...fenced('text', head ?? 'none'),
    '',
    key === undefined ? 'Not signed.' : `Signed by the key \`${key}\`.`,
  ];
}
