// Report -> one self-contained HTML page for people: the outcome first, then why. It asks for nothing from anywhere
// and runs no script; its policy says so to the browser.
import type { Report } from '../domain/report.ts';
import { distributions } from './html-distributions.ts';
import { drillTables, startsOnCopies } from './drill-tables.ts';
import { head, identity } from './html-head.ts';
import { measurementCharts } from './html-measurements.ts';
import {
  decisions,
  drillTable,
  list,
  messages,
  notices,
  plan,
  timings,
  undo,
  verdicts,
} from './html-record.ts';
import { STYLE } from './html-style.ts';
import { timeline } from './html-timeline.ts';
import { versionsOf } from './html-versions.ts';
import { weightCharts } from './html-weights.ts';
import { markup, NOTHING, trusted, type Markup } from './markup.ts';
import { timeScale } from './time-scale.ts';
import { outcomeWords } from './wording.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

interface Section {
  id: string;
  title: string;
  content: Markup;
}

export function reportToHtml(report: Report): string {
  const sections = sectionsOf(report).filter(({ content }) => content.text !== '');
  const name = report.operation || 'operation';
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${outcomeWords(report)}: ${name}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
${PATTERNS}<main>
${head(report)}
<nav aria-label="On this page"><ul>${sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
${sections.map(({ id, title, content }) => markup`<section id="${id}"><h2>${title}</h2>${content}</section>\n`)}</main>
<footer><p>Made by Fairlead from the evidence of this run, and from nothing else. Times are UTC. <code>fairlead report verify FILE</code> tells whether the evidence was altered.</p></footer>
</body>
</html>
`.text;
}

function sectionsOf(report: Report): Section[] {
  const scale = timeScale(report);
  const versions = versionsOf(report);
  const charts =
    scale === null
      ? []
      : [weightCharts(report, scale, versions), measurementCharts(report, scale, versions)];
  const [weights, measured] = charts;
  return [
    {
      id: 'timeline',
      title: 'Timeline',
      content: scale === null ? NOTHING : markup`${timeline(report, scale)}`,
    },
    ...drillTables(report).map((one) => ({
      id: one.id,
      title: one.title,
      content: drillTable(one),
    })),
    { id: 'weights', title: 'Weights over time', content: markup`${weights ?? []}` },
    { id: 'measured', title: 'What each revision answered', content: markup`${measured ?? []}` },
    {
      id: 'compared',
      title: 'Compared with the stable revision',
      content: distributions(report, versions),
    },
    { id: 'decisions', title: 'Decisions', content: decisions(report) },
    {
      id: 'verdicts',
      title: 'Verdicts',
      content: startsOnCopies(report) ? NOTHING : verdicts(report),
    },
    { id: 'undo', title: 'Undo and leftovers', content: undo(report) },
    {
      id: 'findings',
      title: 'Findings',
      content: report.findings.length === 0 ? NOTHING : list(report.findings),
    },
    { id: 'messages', title: 'Messages', content: messages(report) },
    { id: 'notices', title: 'Notices', content: notices(report) },
    { id: 'timings', title: 'Phases', content: timings(report) },
    { id: 'evidence', title: 'Evidence', content: identity(report) },
    { id: 'plan', title: 'Plan', content: plan(report) },
  ];
}

/** Hatching for time that was spent waiting: it is told apart without colour. */
const PATTERNS = markup`<svg class="unseen" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="ground" width="6" height="6"/><rect class="stroke" width="2.5" height="6"/></pattern></defs></svg>
`;
