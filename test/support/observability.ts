// The files of observability/ as tests need them: the rules, and every query of the dashboard.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from './entry.ts';

export const FOLDER = join(ROOT, 'observability');
export const RULES = join(FOLDER, 'alerts.yml');

const rulesFile = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          for: z.exactOptional(z.string()),
          labels: z.object({ severity: z.enum(['page', 'ticket']) }),
          annotations: z.object({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});

export function alertRules() {
  return rulesFile.parse(parse(readFileSync(RULES, 'utf8'))).groups.flatMap((one) => one.rules);
}

const dashboard = z.looseObject({
  panels: z.array(
    z.looseObject({
      id: z.number(),
      title: z.string(),
      type: z.string(),
      targets: z.exactOptional(z.array(z.looseObject({ expr: z.string() }))),
    }),
  ),
});

/** Each query with its panel's title, as Grafana would send it. */
export function dashboardQueries(): { panel: string; query: string }[] {
  const file: unknown = JSON.parse(readFileSync(join(FOLDER, 'grafana-dashboard.json'), 'utf8'));
  return dashboard.parse(file).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      panel: title,
      query: expr
        .replaceAll('$namespace', '.*')
        .replaceAll('$__rate_interval', '1m')
        .replaceAll('$__range', '5m'),
    })),
  );
}

/** The metrics that an expression names, with their labels: `up{job="x"}`. */
export function selectorsIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:fairlead_|temporal_|up\b)\w*(?:\{[^}]*\})?/g)].map(
    ([selector]) => selector,
  );
}
