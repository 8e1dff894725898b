// Charts as inline SVG. Everything inside is placed in percent, so that a chart fills its place on a phone as on paper and
// its letters keep their size.
import type { Chart, Label, Shape, Timeline } from './document.ts';
import { markup, NOTHING, trusted, type Markup } from './markup.ts';
import { round } from './time-scale.ts';
import { NARROWEST } from './timeline.ts';
import { toneOf } from './wording.ts';

export function chart({ id, title, description, height, ...drawn }: Chart): Markup {
  // Along the time axis, where the waiting is drawn shorter than it was.
  const bands = drawn.shortened.map(
    ({ from, to }) =>
      markup`<rect class="wait" x="${round(from)}%" width="${round(to - from)}%" y="100%" height="5"><title>waiting for people, drawn shorter than it was</title></rect>`,
  );
  const groups = drawn.groups.map(
    ({ look, shapes }) => markup`<g class="${look}">${shapes.map(shape)}</g>\n`,
  );
  return markup`<svg class="plot ${height}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
<g class="grid">${drawn.levels.map(level)}${drawn.ticks.map(tick)}</g>
${groups}${bands}</svg>`;
}

function level({ percent, label }: Label): Markup {
  const y = `${round(100 - percent)}%`;
  return markup`<line x1="0" x2="100%" y1="${y}" y2="${y}"/><text x="-10" y="${y}" dy="4" text-anchor="end">${label}</text>`;
}

function tick({ percent, label }: Label, index: number): Markup {
  const x = `${round(percent)}%`;
  return markup`<line x1="${x}" x2="${x}" y1="0" y2="100%"/>${tickText({ percent, label }, index, markup`y="100%" dy="18"`)}`;
}

/** On a phone every second one is left out. */
function tickText({ percent, label }: Label, index: number, height: Markup): Markup {
  const anchor = percent < 3 ? 'start' : percent > 95 ? 'end' : 'middle';
  return markup`<text class="${index % 2 === 1 ? 'wide' : ''}" x="${round(percent)}%" ${height} text-anchor="${anchor}">${label}</text>`;
}

function shape({ tag, look = '', at, words }: Shape): Markup {
  const name = trusted(tag);
  const places = Object.entries(at).map(
    ([key, percent]) => markup` ${trusted(key)}="${round(percent)}%"`,
  );
  if (tag === 'text')
    return markup`<text class="${look}"${places} dy="4" text-anchor="middle">${words ?? ''}</text>`;
  const title = words === undefined ? NOTHING : markup`<title>${words}</title>`;
  return markup`<${name} class="${look}"${places}>${title}</${name}>`;
}

export function timeline({ caption, ticks, rows }: Timeline): Markup {
  const axis = ticks.map((one, index) => tickText(one, index, markup`y="14"`));
  return markup`<table class="timeline"><caption>${caption}</caption>
<thead><tr><th scope="col">step</th><th class="track"><svg class="axis" aria-hidden="true"><g class="grid">${axis}</g></svg><span class="unseen">when</span></th><th scope="col">took</th></tr></thead>
<tbody>${rows.map(row)}</tbody></table>`;
}

function row({ name, state, title, waiting, bars, took }: Timeline['rows'][number]): Markup {
  const detail = title === undefined ? NOTHING : markup`<small>${title}</small>`;
  const head = title === undefined ? markup`${name}` : markup`<b>${name}</b>`;
  return markup`<tr class="${waiting === true ? 'people' : ''}"><th scope="row">${head}${state === undefined ? NOTHING : stateWords(state)}${detail}</th><td class="track"><svg class="bars" aria-hidden="true"><line class="rail" x1="0" x2="100%" y1="50%" y2="50%"/>${bars.map(bar)}</svg></td><td>${took}</td></tr>`;
}

/** What simply ended well is said to those who do not see the bar. */
function stateWords(state: string): Markup {
  const tone = toneOf(state);
  const look = tone === 'good' ? 'unseen' : `badge ${tone}`;
  return markup` <span class="${look}">${state}</span>`;
}

function bar({ look, from, to }: Timeline['rows'][number]['bars'][number]): Markup {
  const width = Math.max(NARROWEST, to - from);
  const x = Math.min(from, 100 - width);
  return markup`<rect class="${look}" x="${round(x)}%" width="${round(width)}%"/>`;
}
