// The frame of a chart: axes, grid, title and description. Everything inside is placed in percent, so that a chart
// fills its place on a phone as on paper and its letters keep their size.
import { markup, type Markup, type Part } from './markup.ts';
import type { TimeScale } from './time-scale.ts';

export interface Plot {
  id: string;
  title: string;
  /** The chart in a sentence, for those who do not see it. */
  description: string;
  scale: TimeScale;
  /** Pixels. */
  height: 'tall' | 'low';
  /** From the bottom. */
  levels: { percent: number; label: string }[];
  content: Part;
}

export function plot({ id, title, description, scale, height, levels, content }: Plot): Markup {
  return markup`<svg class="plot ${height}" role="img" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>
<g class="grid">${levels.map(({ percent, label }) => {
    const y = `${round(100 - percent)}%`;
    return markup`<line x1="0" x2="100%" y1="${y}" y2="${y}"/><text x="-10" y="${y}" dy="4" text-anchor="end">${label}</text>`;
  })}${scale.ticks.map(tick)}</g>
${content}${scale.shortened.map(band)}</svg>`;
}

/** Along the axis, where the waiting is drawn shorter than it was. */
function band({ from, to }: { from: number; to: number }): Markup {
  return markup`<rect class="wait" x="${round(from)}%" width="${round(to - from)}%" y="100%" height="5"><title>waiting for people, drawn shorter than it was</title></rect>`;
}

/** The time axis by itself, above the bars of the timeline. */
export function timeAxis(scale: TimeScale): Markup {
  return markup`<svg class="axis" aria-hidden="true"><g class="grid">${scale.ticks.map(
    ({ percent, label }, index) => {
      const wide = index % 2 === 1 ? 'wide' : '';
      return markup`<text class="${wide}" x="${round(percent)}%" y="14" text-anchor="${anchorAt(percent)}">${label}</text>`;
    },
  )}</g></svg>`;
}

function tick({ percent, label }: TimeScale['ticks'][number], index: number): Markup {
  const x = `${round(percent)}%`;
  const wide = index % 2 === 1 ? 'wide' : '';
  return markup`<line x1="${x}" x2="${x}" y1="0" y2="100%"/><text class="${wide}" x="${x}" y="100%" dy="18" text-anchor="${anchorAt(percent)}">${label}</text>`;
}

function anchorAt(percent: number): string {
  if (percent < 3) return 'start';
  return percent > 95 ? 'end' : 'middle';
}

export function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}

/** Figure with its heading, its key, the chart and what else belongs to it. */
export function figure(title: string, legend: Part, chart: Part, more: Part = ''): Markup {
  return markup`<figure><figcaption><h3>${title}</h3><ul class="key">${legend}</ul></figcaption>
<div class="chart">${chart}</div>${more}</figure>`;
}
