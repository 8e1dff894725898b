import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildReport } from '../../src/domain/record/build-report.ts';
import type { Report } from '../../src/domain/record/report.ts';
import { reportToHtml } from '../../src/reports/html.ts';
import { entriesOf, ROLLED_BACK } from '../support/record/evidence.ts';
import { longReport, measuredReport, reportOf } from '../support/record/report-samples.ts';

const WHOLE = reportToHtml(measuredReport());

/** In the order of the page, what is in its tags left out. */
function words(page: string): string {
  const body = page.slice(page.indexOf('<body>'));
  return body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

test('the outcome comes first, then what is served, what is left, who asked, and why', () => {
  const order = [
    'Rolled back',
    'errors failed at weight-25',
    'v1, as before',
    'nothing: clean',
    'ci',
  ];
  const places = order.map((one) => words(WHOLE).indexOf(one));
  assert.ok(!places.includes(-1), JSON.stringify(places));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.match(WHOLE, /<title>Rolled back: deploy\/shop\/api\/v2<\/title>/);
});

test('every section that has something is there, in order, and none that is empty', () => {
  const titles = [...WHOLE.matchAll(/<section id="[a-z]+"><h2>([^<]*)/g)].map((match) => match[1]);
  assert.deepEqual(titles, [
    'Timeline',
    'Weights over time',
    'What each revision answered',
    'Decisions',
    'Verdicts',
    'Undo and leftovers',
    'Phases',
    'Evidence',
    'Plan',
  ]);
});

test('the page asks for nothing, runs nothing, and its policy forbids both', () => {
  assert.match(
    WHOLE,
    /Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/,
  );
  for (const page of [WHOLE, reportToHtml(longReport(100))]) {
    assert.doesNotMatch(page, /<script|<link|<img|<iframe|<object|@import|\ssrc=|\son[a-z]+="/i);
    const links = [...page.matchAll(/href=["']([^"']*)|url\(([^)]*)\)/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    assert.ok(links.length > 0);
    for (const link of links) assert.match(link, /^#[a-z]+$/);
  }
});

const NASTY = [
  '<script>alert(1)</script>',
  ']]>',
  '" onload="alert(1)',
  "' x='",
  '</style></svg></title>',
  '<!-- --',
  '&lt;b&gt;',
  '${1}{{2}}',
];

for (const text of NASTY) {
  test(`${text} shows as it was typed wherever somebody can type`, () => {
    const page = reportToHtml(reportOf(text));
    const plain = reportToHtml(reportOf('harmless'));
    const tags = (html: string): string[] => html.match(/<[a-z/!][^>]*>/g) ?? [];
    // Attribute values differ, names of tags and attributes do not.
    const shape = (html: string) => tags(html).map((tag) => tag.replace(/"[^"]*"/g, '""'));
    assert.deepEqual(shape(page), shape(plain));
    const entity: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    const read = page.replace(/&([a-z]+|#39);/g, (_, name: string) => entity[name] ?? '?');
    assert.ok(read.split(text).length > 20);
  });
}

test('signs that turn the direction of text round or cannot be seen are left out', () => {
  const page = reportToHtml(reportOf('a\u202eb\u0000c\u200bd\u2066e'));
  assert.match(page, /abcde/);
  for (const sign of '\u0000\u200b\u202e\u2066') assert.ok(!page.includes(sign));
});

test('a claimed decision is called asserted', () => {
  assert.match(words(WHOLE), /weight-5 approved ana asserted looks \| fine/);
  assert.match(WHOLE, /no signature proves/);
});

test('leftovers are told at the top and make the page one of alarm', () => {
  const page = reportToHtml(reportOf('v2 is still there'));
  assert.match(page, /<header class="bad">/);
  const text = words(page);
  assert.ok(text.indexOf('Left over: somebody has to look') < text.indexOf('Timeline'));
});

test('every chart has a title, a description and a table', () => {
  const charts = [...WHOLE.matchAll(/<svg class="plot[^>]*aria-labelledby="([^ "]+) ([^"]+)"/g)];
  assert.equal(charts.length, 2);
  for (const [, title, description] of charts) {
    assert.match(WHOLE, new RegExp(`<title id="${title ?? ''}">[^<]+</title>`));
    assert.match(WHOLE, new RegExp(`<desc id="${description ?? ''}">[^<]+</desc>`));
  }
  const text = words(WHOLE);
  assert.match(text, /weight-25 0\.01 to 0\.2, 120 requests 0\.001, 2,280 requests fail/);
  assert.match(text, /2026-01-01 12:00:03 v1 95 % and v2 5 %/);
  for (const table of WHOLE.match(/<table[^]*?<\/table>/g) ?? []) {
    assert.match(table, /<caption[^>]*>[^<]+<\/caption>/);
  }
});

test('a record cut anywhere is a page that says it still runs', () => {
  for (let length = 0; length < ROLLED_BACK.length; length += 1) {
    const page = reportToHtml(buildReport(entriesOf(ROLLED_BACK.slice(0, length))));
    assert.match(words(page), /Still running/, `cut after ${length}`);
    assert.doesNotMatch(page, /NaN|undefined|Infinity|\[object/, `cut after ${length}`);
  }
});

test('a night of waiting does not hide the seconds of work', () => {
  const entries = entriesOf(ROLLED_BACK);
  const decided = entries.findIndex((entry) => entry.type === 'decision');
  const later = entries.map((entry, index) =>
    index < decided
      ? entry
      : { ...entry, at: new Date(Date.parse(entry.at) + 36_000_000).toISOString() },
  );
  const page = reportToHtml(buildReport(later, { verify: false }));
  assert.match(words(page), /with the waiting drawn shorter than it was/);
  const bars = [
    ...page.matchAll(/<rect class="(work|bad|wait)" x="([\d.]+)%" width="([\d.]+)%"\/>/g),
  ];
  const widths = (kind: string) =>
    bars.filter((one) => one[1] === kind).map((one) => Number(one[3]));
  assert.ok(Math.max(...widths('bad')) > 10, JSON.stringify(widths('bad')));
  assert.ok(Math.max(...widths('wait')) <= 25);
});

test('values that a later version added are shown as they are', () => {
  const report = measuredReport() as unknown as Record<string, unknown>;
  const later = { ...report, outcome: 'teleported', serving: 'elsewhere', kind: 'timeTravel' };
  const text = words(reportToHtml(later as unknown as Report));
  assert.match(text, /Time travel/);
  assert.match(text, /teleported/);
  assert.match(text, /elsewhere/);
});

test('a report of an earlier version, without waits and measurements, is a page too', () => {
  const { waits: _, ...report } = buildReport(entriesOf(ROLLED_BACK));
  const page = reportToHtml(report);
  assert.match(page, /id="timeline"/);
  assert.doesNotMatch(page, /id="measured"/);
});

test('a thousand steps stay below a megabyte, with what failed on top and the rest folded', () => {
  const page = reportToHtml(longReport(1000));
  assert.ok(page.length < 1_000_000, `${page.length}`);
  const timeline = /<table class="timeline">[^]*?<\/table>/.exec(page)?.[0] ?? '';
  const rows = [...timeline.matchAll(/<b>(step-\d+)<\/b>/g)].map((match) => match[1]);
  assert.ok(rows.length <= 50);
  assert.ok(rows.includes('step-96') && rows.includes('step-969'));
  assert.equal(page.match(/<th scope="row">step-500<\/th>/g)?.length, 3);
});

test('who was told what has a row, and a report of an earlier release has none', () => {
  const notice = { type: 'notice', event: 'gate', about: 'weight-5 waits' } as const;
  const report = buildReport(
    entriesOf([
      ...ROLLED_BACK.slice(0, 5),
      { ...notice, channel: 'chat', delivered: false, reason: 'it said no' },
    ]),
  );
  assert.match(words(reportToHtml(report)), /chat weight-5 waits .*not delivered it said no/);
  const { notices: _, ...earlier } = report;
  assert.doesNotMatch(reportToHtml(earlier), /<h2>Notices/);
});
