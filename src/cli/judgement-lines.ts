// What the judge found, as lines for people. Pure.
import type { GroupsJudgement } from '../domain/judge/judge-groups.ts';
import type { MetricJudgement } from '../domain/judge/judge-metric.ts';
import { columns } from './print.ts';

export function metricLines({ verdict, reason }: MetricJudgement): string[] {
  return [verdict, `  ${reason}`];
}

export function groupsLines(judged: GroupsJudgement): string[] {
  return [
    `${judged.verdict}  ${judged.class}, ${judged.reason}`,
    ...Object.entries(judged.groups).flatMap(([group, { score, weight }]) => [
      `${group}: score ${rounded(score)}, weight ${rounded(weight)}`,
      ...columns(
        judged.metrics
          .filter((one) => one.group === group)
          .map(({ verdict, name, reason }) => [`  ${verdict}`, name, reason]),
      ),
    ]),
  ];
}

function rounded(value: number): string {
  return String(Number(value.toFixed(2)));
}
