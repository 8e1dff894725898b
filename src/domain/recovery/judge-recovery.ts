// What a drill came to: `pass` only if every required rung of every datastore ran and passed, the fence was proved, the
// service answered its golden queries, nothing is left, and production is as it was.
import { recoveryRungId, type RecoveredPoint } from './recovered.ts';
import type { Rung } from '../backup/rungs.ts';
import type { StepFinding } from '../analysis/finding.ts';
import { type Verdict, worst } from '../analysis/verdict.ts';

export interface RecoveryJudgement {
  verdict: Verdict;
  reason: string;
}

/** Findings without which nothing is proved, by the beginning of their names. */
const NEEDED = ['rpo ', 'fence ', 'usable', 'golden ', 'production ', 'clean-up', 'rto'] as const;

export function judgeRecovery(
  findings: readonly StepFinding[],
  { system, recovered }: { system: string; recovered: readonly RecoveredPoint[] },
): RecoveryJudgement {
  const missing = [
    ...NEEDED.filter((start) => !findings.some(({ name }) => name.startsWith(start))),
    ...recovered.flatMap((point) => notClimbed(findings, point)),
  ];
  const ran = worst(findings.map((one) => one.verdict));
  const verdict: Verdict = ran === 'pass' && missing.length > 0 ? 'inconclusive' : ran;
  const of = (which: Verdict): StepFinding[] => findings.filter((one) => one.verdict === which);
  const names = recovered.map(({ backup }) => backup.id).join(', ');
  const counted = `${of('pass').length} of ${findings.length} checks passed`;
  const lines = [
    ...(verdict === 'pass'
      ? [`${system} was recovered from ${names}, apart from everything live`]
      : []),
    ...of('fail').map(told),
    ...of('inconclusive').map(told),
    ...missing.map((name) => `not run: ${name.trim()}`),
    ...(verdict === 'pass' ? findings.filter(isMeasured).map(measured) : []),
    counted,
  ];
  return { verdict, reason: lines.join('; ') };
}

/** Required, and nobody climbed it. */
function notClimbed(
  findings: readonly StepFinding[],
  { datastore, required }: RecoveredPoint,
): string[] {
  const climbed = (rung: Rung): boolean =>
    findings.some(
      ({ step, name }) =>
        name === rung && (rung === 'usable' || step === recoveryRungId(rung, datastore)),
    );
  return required.filter((rung) => !climbed(rung)).map((rung) => `${rung} of ${datastore}`);
}

function told({ step, name, reason }: StepFinding): string {
  return name === step ? `${name}: ${reason}` : `${name} at ${step}: ${reason}`;
}

/** `rpo orders: 7 s, at most 36 h`: the findings themselves say more. */
function measured({ name, reason, got, expected }: StepFinding): string {
  return got === undefined || expected === undefined ? reason : `${name}: ${got}, ${expected}`;
}

function isMeasured({ name }: StepFinding): boolean {
  return name === 'rto' || name.startsWith('rpo ');
}
