// How long each service of a stop took until none of its users was answered, in a sentence.
import { countOf } from '../text/amounts.ts';
import { outputsOf, type StepResults } from './step-result.ts';

/** Services that are named; of more, the slowest. */
const MOST = 10;

/** `users get 503: api after 0.4 s, web after 0.5 s`; undefined where nothing was stopped. */
export function stopTimes(results: StepResults): string | undefined {
  const times = outputsOf(results, 'stopped')
    .flatMap(({ services }) => services)
    .flatMap((one): [string, number][] =>
      'failed' in one || one.afterMs === undefined ? [] : [[one.service, one.afterMs]],
    );
  if (times.length === 0) return undefined;
  const slowest = times.toSorted(([, one], [, other]) => other - one);
  const isLong = times.length > MOST;
  const said = (isLong ? slowest.slice(0, MOST) : times).map(
    ([service, ms]) => `${service} after ${seconds(ms)}`,
  );
  const all = isLong ? `${countOf(times.length, 'service')}, the slowest ` : '';
  return `users get 503: ${all}${said.join(', ')}`;
}

/** `0.4 s`; rounded up, for it was not sooner. */
export function seconds(ms: number): string {
  return `${(Math.max(1, Math.ceil(ms / 100)) / 10).toFixed(1)} s`;
}
