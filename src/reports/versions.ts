// Each version keeps one hue all over a page: the first is the one from before, the second the new one.
import type { Report } from '../domain/record/report.ts';

const HUES = 6;

/** The two sides of a judgement: the new revision, and the one it is compared with. */
export type Side = 'judged' | 'stable';

export interface Versions {
  /** Class of the version's colour. */
  hue: (version: string) => string;
  /** `before`, `new` or nothing. */
  role: (version: string) => string;
}

export function versionsOf(report: Report): Versions {
  const { from, to } = report.plan ?? {};
  const seen = report.weights.flatMap((one) => one.versions.map(({ version }) => version));
  const before = Object.values(report.plan?.before ?? {}).flatMap(({ weights }) =>
    weights.map(({ version }) => version),
  );
  const order = [...new Set([from ?? '', to ?? '', ...before, ...seen])];
  return {
    hue: (version) => `hue${Math.max(0, order.indexOf(version)) % HUES}`,
    role: (version) => {
      if (version === to) return 'new';
      return version === from ? 'before' : '';
    },
  };
}
