// The parts of the page that are words: decisions, verdicts, undo, findings, messages and the plan.
import { spanBetween } from '../domain/markdown.ts';
import type { Plan } from '../domain/plan.ts';
import type { Report } from '../domain/report.ts';
import type { DrillTable } from './drill-tables.ts';
import { badge, code, longTable, MANY } from './html-table.ts';
import { markup, NOTHING, type Markup, type Part } from './markup.ts';
import { clockTime, counted, number, toneOf } from './wording.ts';

const ASSERTED =
  'Asserted: the name was stated by whoever sent the message; no signature proves who that was.';

export function decisions({ decisions: all }: Report): Markup {
  const rows = all.map((one) => [
    one.gate,
    badge(one.decision),
    one.actor ?? 'nobody: the deadline passed',
    one.trust === 'claimed' ? 'asserted' : one.trust,
    one.reason ?? '',
    clockTime(one.at),
    code(one.digest.slice(0, 12)),
  ]);
  const columns = ['gate', 'decision', 'by', 'known how', 'reason', 'at (UTC)', 'digest'];
  const caption = 'Who answered the gates';
  const matters = (index: number) => all[index]?.decision !== 'approved';
  const note = all.some((one) => one.trust === 'claimed')
    ? markup`<p class="quiet">${ASSERTED}</p>`
    : NOTHING;
  return markup`${longTable({ caption, columns, rows }, matters)}${note}`;
}

export function verdicts({ verdicts: all }: Report): Markup {
  const rows = all.map((one) => [
    one.step,
    one.name,
    badge(one.verdict),
    one.reason,
    number(one.samples),
  ]);
  const columns = ['step', 'judged by', 'verdict', 'why', 'samples'];
  const matters = (index: number) => all[index]?.verdict !== 'pass';
  return longTable({ caption: 'What analyses and checks said', columns, rows }, matters);
}

export function drillTable({ title, columns, rows, verdictAt }: DrillTable): Markup {
  const shown = rows.map((row) =>
    row.map((cell, index) => (index === verdictAt ? badge(cell) : cell)),
  );
  const matters = (index: number) => verdictAt !== undefined && rows[index]?.[verdictAt] !== 'pass';
  return longTable({ caption: title, columns, rows: shown }, matters);
}

export function undo({ undo: all, leftovers }: Report): Markup {
  const rows = all.map((one) => [one.step, one.verb, badge(one.status), one.detail]);
  const columns = ['step', 'what', 'state', 'detail'];
  const matters = (index: number) => toneOf(all[index]?.status ?? '') !== 'good';
  const left = leftovers.length === 0 ? NOTHING : markup`<h3>Left over</h3>${list(leftovers)}`;
  return markup`${longTable({ caption: 'What was taken back, in this order', columns, rows }, matters)}${left}`;
}

export function messages({ messages: all }: Report): Markup {
  const rows = all.map((one) => [
    clockTime(one.at),
    one.name,
    one.actor ?? 'unknown',
    badge(one.accepted ? 'accepted' : 'refused'),
    one.note,
    one.reason ?? '',
  ]);
  const columns = ['at (UTC)', 'message', 'from', 'answer', 'note', 'reason'];
  const matters = (index: number) => all[index]?.accepted === false;
  return longTable({ caption: 'What people and tools sent while it ran', columns, rows }, matters);
}

export function notices({ notices: all = [] }: Report): Markup {
  const rows = all.map((one) => [
    clockTime(one.at),
    one.channel,
    one.about,
    badge(one.delivered ? 'delivered' : 'not delivered', one.delivered ? 'good' : 'bad'),
    one.reason ?? '',
  ]);
  const columns = ['at (UTC)', 'to', 'that', 'state', 'why'];
  const matters = (index: number) => all[index]?.delivered === false;
  return longTable({ caption: 'Who was told what while it ran', columns, rows }, matters);
}

export function timings({ timings: all }: Report): Markup {
  const rows = all.map((one) => [
    one.phase,
    spanBetween(one.startedAt, one.endedAt),
    one.waitedForPeopleMs > 0 ? `${(one.waitedForPeopleMs / 1000).toFixed(1)} s` : '',
  ]);
  const columns = ['phase', 'took', 'of it waiting for people'];
  return longTable({ caption: 'How long each phase took', columns, rows }, () => false);
}

/** A long one is folded after the first. */
export function list(lines: readonly string[]): Markup {
  const items = (some: readonly string[]): Markup[] => some.map((one) => markup`<li>${one}</li>`);
  const rest = lines.slice(MANY);
  const more =
    rest.length === 0
      ? NOTHING
      : markup`<details><summary>${counted(rest.length, 'more line')}</summary><ul class="lines">${items(rest)}</ul></details>`;
  return markup`<ul class="lines">${items(lines.slice(0, MANY))}</ul>${more}`;
}

export function plan({ plan: made }: Report): Markup {
  if (made === null) return NOTHING;
  const rows = made.steps.map((step): Part[] => [
    step.id,
    step.title,
    step.bake === undefined ? '' : `${step.bake.ms / 1000} s${by(step.bake.analyses)}`,
    step.gate ?? '',
    step.undo,
  ]);
  const columns = ['step', 'what', 'watches', 'asks', 'undo'];
  const idle = made.nothingToDo === undefined ? NOTHING : markup`<p>${made.nothingToDo}</p>`;
  return markup`<p>${way(made)} Digest ${code(made.digest)}</p>${idle}
${longTable({ caption: 'What it set out to do, before anything was changed', columns, rows }, () => false)}`;
}

function by(analyses: readonly string[]): string {
  return analyses.length === 0 ? '' : `, ${analyses.join(' and ')}`;
}

function way({ from, to }: Plan): Part {
  if (to === undefined) return '';
  return from === undefined
    ? markup`To <b>${to}</b>; nothing was live.`
    : markup`From <b>${from}</b> to <b>${to}</b>.`;
}
