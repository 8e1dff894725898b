// What the demonstration of a drill promises, and whether it held. Pure: from its reports, the system before and after,
// and what the requests saw.
import type { Report } from '../src/domain/record/report.ts';
import type { SystemStatus } from '../src/domain/operation/status.ts';
import type { StepFinding } from '../src/domain/analysis/finding.ts';
import type { LoadAnswer } from './load.ts';
import type { Promised } from './promises.ts';
import { between } from './tally.ts';

export interface Evidence {
  first: Report;
  backup: Report;
  drill: Report;
  before: SystemStatus;
  after: SystemStatus;
  answers: readonly LoadAnswer[];
}

export function judge({ drill, before, after, answers }: Evidence): Promised[] {
  return [
    {
      promise: 'the backup was restored, proved, and the service answered on it',
      held: drill.outcome === 'succeeded' && drill.verdict === 'pass',
      seen: `${drill.verdict ?? 'no verdict'}: ${drill.message ?? ''}`,
    },
    passed('before anything was restored, the fence around the target was proved', 'fence ', drill),
    passed('how much would be lost was measured against the RPO', 'rpo ', drill),
    passed('how long it takes was measured against the RTO', 'rto', drill),
    undisturbed(drill, answers),
    {
      promise: 'nothing live was changed',
      held: shares(before) === shares(after) && production(drill).every(isPass),
      seen: `traffic ${shares(before)} before, ${shares(after)} after; ${production(drill)
        .map(({ reason }) => reason)
        .join('; ')}`,
    },
    passed('the drill left nothing behind', 'clean-up', drill),
  ];
}

function undisturbed({ startedAt, endedAt }: Report, answers: readonly LoadAnswer[]): Promised {
  const meanwhile = between(answers, Date.parse(startedAt ?? ''), Date.parse(endedAt ?? ''));
  const failed = meanwhile.filter(({ status }) => status !== 200).length;
  return {
    promise: 'no user noticed',
    held: meanwhile.length > 0 && failed === 0,
    seen: `${meanwhile.length} requests during the drill, ${failed} failed`,
  };
}

function passed(promise: string, name: string, report: Report): Promised {
  const found = report.verdicts.filter((one) => one.name.startsWith(name));
  return {
    promise,
    held: found.length > 0 && found.every(isPass),
    seen: found.map(({ reason }) => reason).join('; ') || 'it was not looked at',
  };
}

function production({ verdicts }: Report): StepFinding[] {
  return verdicts.filter(({ name }) => name.startsWith('production '));
}

function isPass({ verdict }: StepFinding): boolean {
  return verdict === 'pass';
}

function shares({ services }: SystemStatus): string {
  return Object.entries(services)
    .map(([name, { weights }]) => {
      const shown = weights.map(({ version, percent }) => `${version} ${percent} %`).join(', ');
      return `${name} ${shown || 'none'}`;
    })
    .join('; ');
}
