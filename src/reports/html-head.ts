// The top of the page: how it ended, what is served now, whether anything is left over, who asked, when, how long.
import { spanBetween } from '../domain/markdown.ts';
import type { Report } from '../domain/report.ts';
import { badge, code, SIGNS } from './html-table.ts';
import { markup, NOTHING, type Markup, type Part } from './markup.ts';
import {
  clockTime,
  counted,
  kindWords,
  outcomeTone,
  outcomeWords,
  servingWords,
  signingKey,
  waitedMs,
  waitedWords,
} from './wording.ts';

export function head(report: Report): Markup {
  const tone = outcomeTone(report);
  return markup`<header class="${tone}">
<p class="eyebrow">Fairlead report · ${kindWords(report.kind || 'operation')} · ${report.system}</p>
<h1><span class="sign" aria-hidden="true">${SIGNS[tone]}</span><span>${outcomeWords(report)}</span></h1>
<p class="operation">${report.operation || 'an operation without a name'}</p>
${report.message === null ? NOTHING : markup`<p class="message">${report.message}</p>`}
<dl class="facts">${[...facts(report), ...circumstances(report)].map(fact)}</dl>
${leftovers(report)}</header>`;
}

function facts(report: Report): [string, Part][] {
  const { verdict, leftovers: left } = report;
  const clean = report.clean
    ? badge('nothing: clean', 'good')
    : left.length === 0
      ? 'not known yet'
      : badge(counted(left.length, 'thing'), 'bad');
  return [
    ['Verdict', verdict === null ? 'none' : badge(verdict)],
    ['Serves now', markup`<b>${servingWords(report)}</b>${shares(report)}`],
    ['Left over', clean],
    ['Took', took(report)],
  ];
}

function circumstances(report: Report): [string, Part][] {
  return [
    ['Asked for by', report.requestedBy ?? 'nobody known'],
    ['Reason', report.reason ?? 'none given'],
    ['Started', time(report.startedAt, 'not known')],
    ['Ended', time(report.endedAt, 'not yet')],
  ];
}

function fact([name, value]: [string, Part]): Markup {
  return markup`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function took(report: Report): Part {
  const whole = spanBetween(report.startedAt, report.endedAt);
  const waited = waitedWords(waitedMs(report));
  if (whole === '') return 'it has not ended';
  return markup`<b>${whole}</b>${waited === '' ? '' : markup` <small>${waited}</small>`}`;
}

/** The weights that were read back last, of each service. */
function shares({ weights }: Report): Part {
  const last = new Map(weights.map((one) => [one.service, one.versions]));
  const lines = [...last].slice(0, 5).map(([service, versions]) => {
    const shown = versions.map(({ version, percent }) => `${version} ${percent} %`).join(', ');
    return markup` <small>${service}: ${shown === '' ? 'no traffic' : shown}</small>`;
  });
  return lines;
}

function time(at: string | null, unknown: string): Part {
  if (at === null) return unknown;
  return markup`<time datetime="${at}">${clockTime(at)}</time> <small>UTC</small>`;
}

function leftovers({ leftovers: left }: Report): Markup {
  if (left.length === 0) return NOTHING;
  return markup`<div class="alert bad"><h2>Left over: somebody has to look</h2><ul>${left.slice(0, 20).map((one) => markup`<li>${one}</li>`)}</ul>${left.length > 20 ? markup`<p>and ${left.length - 20} more, below</p>` : ''}</div>`;
}

/** Ids and digests, for those who look it up elsewhere. */
export function identity(report: Report): Markup {
  const { evidence } = report;
  const key = signingKey(report);
  const rows: [string, Part][] = [
    ['Operation', code(report.operation)],
    ['Run', code(report.runId)],
    ['System', report.system],
    ['Digest of the system file', code(report.systemDigest)],
    ['Evidence', counted(evidence.entries.length, 'entry').replace('entrys', 'entries')],
    ['Hash of the last entry', code(evidence.head ?? 'none')],
    ['Signed by the key', key === undefined ? 'not signed' : code(key)],
  ];
  return markup`<dl class="pairs">${rows.map(fact)}</dl>`;
}
