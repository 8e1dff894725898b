// What the values of an analysis and of an approval must be to each other.
import { Failure } from '../domain/failure.ts';
import { parseSelector } from '../domain/selector.ts';
import { durationText } from './duration-text.ts';
import type { Path } from './located.ts';
import { compareRemarks } from './rules-compare.ts';
import { sourceRemarks } from './rules-queries.ts';
import type { Remark } from './rules.ts';
import type { Analysis, ApprovalPolicy, Metric } from './system.ts';

export function analysisRemarks(analysis: Analysis): Remark[] {
  const metrics = Object.entries(analysis.metrics);
  if (metrics.length === 0) {
    return [
      {
        path: ['metrics'],
        message: 'an analysis without a metric judges nothing; add at least one',
      },
    ];
  }
  return [
    ...sourceRemarks(analysis),
    ...metrics.flatMap(([name, metric]) =>
      [
        ...(analysis.source === 'scrape' ? measureRemarks(metric) : []),
        ...limitRemarks(metric),
      ].map(({ path, message }) => ({ path: ['metrics', name, ...path], message })),
    ),
    ...compareRemarks(analysis),
  ];
}

function measureRemarks(metric: Metric): Remark[] {
  const measures = (['ratio', 'rate', 'quantile'] as const).filter((kind) => metric[kind]);
  if (measures.length !== 1) {
    const what =
      measures.length === 0 ? 'nothing is measured' : `${measures.join(' and ')} are both there`;
    const message = `${what}; a metric has exactly one of ratio, rate, quantile`;
    return [{ path: [], message }, ...selectorRemarks(metric)];
  }
  return selectorRemarks(metric);
}

/** Read here, so that a selector is refused before an operation and not in the middle of one. */
function selectorRemarks({ ratio, rate, quantile }: Metric): Remark[] {
  const written: [Path, string | undefined][] = [
    [['ratio', 'of'], ratio?.of],
    [['ratio', 'to'], ratio?.to],
    [['rate', 'of'], rate?.of],
    [['quantile', 'of'], quantile?.of],
  ];
  return written.flatMap(([path, selector]) => {
    const problem = selector === undefined ? undefined : selectorProblem(selector);
    return problem === undefined ? [] : [{ path, message: problem }];
  });
}

function selectorProblem(selector: string): string | undefined {
  try {
    parseSelector(selector);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

function limitRemarks({ max, min, maxOverStable, compare }: Metric): Remark[] {
  if (max === undefined && min === undefined && !maxOverStable && !compare) {
    const message =
      'a metric without a limit always passes; write max, min, maxOverStable or compare';
    return [{ path: [], message }];
  }
  const remarks: Remark[] = [];
  if (maxOverStable && Object.keys(maxOverStable).length === 0) {
    const message = 'no limit is given; write ratio, difference or both';
    remarks.push({ path: ['maxOverStable'], message });
  }
  if (max !== undefined && min !== undefined && min > max) {
    const message = `${min} is above max (${max}): nothing could pass; write a smaller min`;
    remarks.push({ path: ['min'], message });
  }
  return remarks;
}

/** `written` tells a value that somebody wrote from one that a default filled in. */
export function approvalRemarks(
  policy: ApprovalPolicy,
  written: (key: string) => boolean,
): Remark[] {
  const { quorum, from, deadline, reminder, escalation } = policy;
  const remarks: Remark[] = [];
  const people = new Set(from).size;
  if (from && people < from.length) {
    remarks.push({ path: ['from'], message: 'a person is named twice; name each once' });
  }
  if (from && quorum > people) {
    const message = `${quorum} people must approve, but from names ${people}; write a smaller quorum or name more people`;
    remarks.push({ path: ['quorum'], message });
  }
  if (reminder >= deadline && written('reminder')) {
    remarks.push({
      path: ['reminder'],
      message: `the reminder (${durationText(reminder)}) comes after the deadline (${durationText(deadline)}); write a shorter one`,
    });
  }
  if (escalation && escalation.after >= deadline) {
    remarks.push({
      path: ['escalation', 'after'],
      message: `the escalation (${durationText(escalation.after)}) comes after the deadline (${durationText(deadline)}); write a shorter one`,
    });
  }
  return remarks;
}
