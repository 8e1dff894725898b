// A report as one self-contained HTML page for people: the outcome first, then why. It asks for nothing from anywhere
// and runs no script; its policy says so to the browser.
import type { Report } from '../domain/record/report.ts';
import { shown, type Section } from './document.ts';
import { factsOf, NAMELESS } from './head.ts';
import { blocks, facts, SIGNS } from './html-blocks.ts';
import { STYLE } from './html-style.ts';
import { markup, NOTHING, trusted, type Markup } from './markup.ts';
import { sectionsOf } from './sections.ts';
import { kindWords, outcomeTone, outcomeWords } from './wording.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/** Leftovers in the alarm at the top; all of them stand further down. */
const MOST_LEFTOVERS = 20;

/** A page of Fairlead's: what it is about, its sections, where it comes from. */
export interface Page {
  title: string;
  header: Markup;
  sections: readonly Section[];
  footer: string | Markup;
}

export function reportToHtml(report: Report): string {
  return htmlPage({
    title: `${outcomeWords(report)}: ${report.operation || 'operation'}`,
    header: header(report),
    sections: sectionsOf(report),
    footer: markup`Made by Fairlead from the evidence of this run, and from nothing else. Times are UTC. <code>fairlead report verify FILE</code> tells whether the evidence was altered.`,
  });
}

export function htmlPage({ title, header: top, sections: all, footer }: Page): string {
  const sections = all.filter((one) => shown(one.blocks).length > 0);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
${PATTERNS}<main>
${top}
<nav aria-label="On this page"><ul>${sections.map(({ id, title: name }) => markup`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
${sections.map(section)}</main>
<footer><p>${footer}</p></footer>
</body>
</html>
`.text;
}

function header(report: Report): Markup {
  const tone = outcomeTone(report);
  const { message, leftovers } = report;
  return markup`<header class="${tone}">
<p class="eyebrow">Fairlead report · ${kindWords({ ...report, kind: report.kind || 'operation' })} · ${report.system}</p>
<h1><span class="sign" aria-hidden="true">${SIGNS[tone]}</span><span>${outcomeWords(report)}</span></h1>
<p class="operation">${report.operation || NAMELESS}</p>
${message === null ? NOTHING : markup`<p class="message">${message}</p>`}
<dl class="facts">${facts(factsOf(report))}</dl>
${alarm(leftovers)}</header>`;
}

function alarm(leftovers: readonly string[]): Markup {
  if (leftovers.length === 0) return NOTHING;
  const shown = leftovers.slice(0, MOST_LEFTOVERS).map((one) => markup`<li>${one}</li>`);
  const more = leftovers.length - shown.length;
  return markup`<div class="alert bad"><h2>Left over: somebody has to look</h2><ul>${shown}</ul>${more > 0 ? markup`<p>and ${more} more, below</p>` : ''}</div>`;
}

function section({ id, title, blocks: all }: Section): Markup {
  return markup`<section id="${id}"><h2>${title}</h2>${blocks(all)}</section>\n`;
}

/** Hatching for time that was spent waiting: it is told apart without colour. */
const PATTERNS = markup`<svg class="unseen" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="ground" width="6" height="6"/><rect class="stroke" width="2.5" height="6"/></pattern></defs></svg>
`;
