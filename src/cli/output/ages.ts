// Times as people say them beside a list: `3 m ago`, `in 40 m`. Pure.
import { span } from '../../domain/text/markdown.ts';

/** `at`: ISO 8601. `now` in ms. Coarse: no seconds beside minutes. */
export function ago(at: string, now: number): string {
  const ms = now - Date.parse(at);
  return ms >= 0 ? `${coarse(ms)} ago` : `in ${coarse(-ms)}`;
}

/** `850 ms`, `42 s`, `3 m`, `2 h 05 m`, `3 d 4 h`. */
export function coarse(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  return span(ms).replace(/ m \d\d s$/, ' m');
}
