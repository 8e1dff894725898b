// What an analysis asks of the platform's own metrics has to be there: names, labels, and values of labels whose values are
// known. A selector that matches nothing would look like a service without errors.
import { parseSelector } from '../domain/analysis/selector.ts';
import { Failure } from '../domain/failure.ts';
import { PLATFORMS } from './kinds.ts';
import type { PlatformMetric } from './kind-settings.ts';
import type { Path } from './reading/located.ts';
import { didYouMean } from '../domain/text/did-you-mean.ts';
import { listed } from './reading/wording.ts';
import type { Remark } from './remark.ts';

/** What of a metric is looked at here. */
interface Metric {
  query?: string;
  requests?: string;
  ratio?: { of: string; to: string };
  rate?: { of: string };
  quantile?: { of: string };
}

interface Analysis {
  source: 'scrape' | 'prometheus';
  url?: string;
  metrics: Readonly<Record<string, Metric>>;
}

interface Context {
  services: Readonly<Record<string, { platform: keyof typeof PLATFORMS }>>;
  serviceNames: readonly string[];
}

type Needs = 'counter' | 'histogram';

/** `system`: the name of the system whose file it is. */
export function ownMetricRemarks(
  { source, url, metrics }: Analysis,
  file: Context,
  system: string,
): Remark[] {
  const platforms = [...new Set(Object.values(file.services).map(({ platform }) => platform))];
  const remarks = Object.entries(metrics).flatMap(([key, metric]) =>
    platforms.flatMap((platform) =>
      source === 'prometheus'
        ? queryRemarks(['metrics', key], metric, platform)
        : selectorRemarks(['metrics', key], metric, {
            platform,
            system,
            services: file.serviceNames,
          }),
    ),
  );
  return source === 'scrape' && url !== undefined ? [] : remarks;
}

interface Place {
  platform: keyof typeof PLATFORMS;
  system: string;
  services: readonly string[];
}

function selectorRemarks(path: Path, { ratio, rate, quantile }: Metric, place: Place): Remark[] {
  const written: [Path, string | undefined, Needs][] = [
    [['ratio', 'of'], ratio?.of, 'counter'],
    [['ratio', 'to'], ratio?.to, 'counter'],
    [['rate', 'of'], rate?.of, 'counter'],
    [['quantile', 'of'], quantile?.of, 'histogram'],
  ];
  return written.flatMap(([at, text, needs]) => {
    const message = text === undefined ? undefined : selectorProblem(text, needs, place);
    return message === undefined ? [] : [{ path: [...path, ...at], message }];
  });
}

function selectorProblem(text: string, needs: Needs, place: Place): string | undefined {
  const selector = parsed(text);
  if (selector === undefined) return undefined;
  const series = seriesOf(place.platform, needs);
  const labels = series.get(selector.name);
  if (labels === undefined) {
    const known = [...series.keys()];
    return `the platform ${place.platform} has no ${needs} ${selector.name}${didYouMean(selector.name, known)}; it has: ${listed(known)}`;
  }
  for (const { label, accepts } of selector.matchers) {
    if (!labels.includes(label)) {
      return `${selector.name} has no label ${label}${didYouMean(label, labels)}; its labels: ${listed(labels)}`;
    }
    const values = valuesOf(label, place);
    if (values !== undefined && !values.all.some(accepts)) {
      return `no ${selector.name} has such a value of ${label}: it is ${values.words}`;
    }
  }
  return undefined;
}

/** What cannot be read has a remark of its own (analysis.ts). */
function parsed(text: string): ReturnType<typeof parseSelector> | undefined {
  try {
    return parseSelector(text);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The values that a label can have, where they are known before anything is deployed. */
function valuesOf(
  label: string,
  { system, services }: Place,
): { all: readonly string[]; words: string } | undefined {
  switch (label) {
    case 'code':
      return {
        all: Array.from({ length: 500 }, (_, index) => String(100 + index)),
        words:
          'a status such as 200 or 503 (=~"499|5.." is every server error, and users who got no answer)',
      };
    case 'probe':
      return { all: ['true', 'false'], words: 'true or false' };
    case 'system':
      return { all: [system], words: system };
    case 'service':
      return { all: services, words: `one of ${listed(services)}` };
    default:
      return undefined;
  }
}

/** The series that can be counted, or that a quantile can be worked out of, with their labels. */
function seriesOf(platform: keyof typeof PLATFORMS, needs: Needs): Map<string, readonly string[]> {
  const metrics: Readonly<Record<string, PlatformMetric>> = PLATFORMS[platform].metrics;
  const found = Object.entries(metrics).flatMap(([name, { type, labels }]) => {
    if (type === 'gauge') return [];
    if (type === 'counter') return needs === 'counter' ? [[name, labels] as const] : [];
    const buckets = [`${name}_bucket`, [...labels, 'le']] as const;
    if (needs === 'histogram') return [[name, [...labels, 'le']] as const, buckets];
    return [[`${name}_count`, labels] as const, [`${name}_sum`, labels] as const, buckets];
  });
  return new Map(found);
}

/** A query may ask a server for anything; what is called nearly as a metric of the platform is meant to be that. */
function queryRemarks(
  path: Path,
  { query, requests }: Metric,
  platform: Place['platform'],
): Remark[] {
  const own = Object.keys(PLATFORMS[platform].metrics);
  const known = [...new Set([...own, ...seriesOf(platform, 'counter').keys()])];
  return (
    [
      ['query', query],
      ['requests', requests],
    ] as const
  ).flatMap(([key, text = '']) => {
    const names = [...text.matchAll(/\bfairlead_requests?\w*/g)].map(([name]) => name);
    return [...new Set(names)]
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: [...path, key],
        message: `the platform ${platform} has no metric ${name}${didYouMean(name, known)}; it has: ${listed(known)}`,
      }));
  });
}
