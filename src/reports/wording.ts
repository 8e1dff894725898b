// What people read for the words of a report's data. Values that a later version added are shown as they are.
import { span } from '../domain/text/markdown.ts';
import type { Report } from '../domain/record/report.ts';
import { drill } from '../runbooks/drill.ts';
import { runbookOf } from '../runbooks/index.ts';
import { takesServices } from '../runbooks/runbook.ts';
import { keyFingerprint } from '../domain/record/evidence-chain.ts';

/** Which of the page's colours something has; never the only sign of it. */
export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'plain';

const OUTCOMES: Record<string, [words: string, tone: Tone]> = {
  succeeded: ['Succeeded', 'good'],
  nothingToDo: ['Nothing to do', 'good'],
  planned: ['Planned', 'info'],
  rolledBack: ['Rolled back', 'warn'],
  failed: ['Failed', 'bad'],
  rejected: ['Rejected', 'warn'],
  expired: ['Expired', 'warn'],
  aborted: ['Aborted', 'warn'],
  preempted: ['Preempted', 'warn'],
  refused: ['Refused', 'warn'],
  inconclusive: ['Inconclusive', 'warn'],
  interrupted: ['Interrupted', 'bad'],
};

const TONES: Record<string, Tone> = {
  pass: 'good',
  fail: 'bad',
  inconclusive: 'warn',
  approved: 'good',
  rejected: 'bad',
  expired: 'warn',
  overridden: 'warn',
  done: 'good',
  unchanged: 'good',
  failed: 'bad',
  skipped: 'warn',
  'not run': 'warn',
  left: 'bad',
  accepted: 'plain',
  refused: 'warn',
};

/** The verdict that it ended with; undefined where something else ended it. */
export function decided({ outcome, verdict }: Report): string | undefined {
  const isVerdict = outcome === 'succeeded' || outcome === 'failed' || outcome === 'inconclusive';
  return isVerdict && verdict !== null ? verdict : undefined;
}

export function outcomeWords(report: Report): string {
  const { outcome } = report;
  const verdict = isDrill(report) ? decided(report) : undefined;
  if (verdict !== undefined) return `Verdict: ${verdict}`;
  return outcome === null ? 'Still running' : (OUTCOMES[outcome]?.[0] ?? outcome);
}

export function outcomeTone({ outcome, leftovers }: Report): Tone {
  if (leftovers.length > 0) return 'bad';
  return outcome === null ? 'info' : (OUTCOMES[outcome]?.[1] ?? 'info');
}

export function toneOf(word: string): Tone {
  return TONES[word] ?? 'plain';
}

export function isDrill(report: Pick<Report, 'kind' | 'operation'>): boolean {
  return runbookOf(report)?.kind === drill.kind;
}

/** `canaryDeploy` → `Canary deploy`; also of what a later version has. */
export function kindWords({ kind, operation }: Pick<Report, 'kind' | 'operation'>): string {
  const runbook = runbookOf({ kind, operation });
  if (runbook !== undefined) return runbook.title;
  const words = kind.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Backups and their proofs; what a later version has may touch services. */
export function touchesNoService(report: Pick<Report, 'kind' | 'operation'>): boolean {
  const runbook = runbookOf(report);
  return runbook !== undefined && !takesServices(runbook);
}

/** What users get now, with the version where the plan names it. */
export function servingWords(report: Report): string {
  const { serving, plan } = report;
  if (touchesNoService(report)) return 'as before: no service was touched';
  const named = (version: string | undefined, words: string): string =>
    version === undefined ? words : `${version}, ${words}`;
  switch (serving) {
    case 'old':
      return named(plan?.from, 'as before');
    case 'new':
      return named(plan?.to, 'the new one');
    case 'mixed':
      return 'some of both';
    case 'none':
      return 'nothing';
    case null:
      return 'not known yet';
    default:
      return serving;
  }
}

/** `2026-01-01 12:00:05` (UTC is said once, by the page). */
export function clockTime(at: string | null): string {
  if (at === null) return '';
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  return time.toISOString().replace('T', ' ').slice(0, 19);
}

export function waitedMs(report: Report): number {
  const all = report.timings.find((one) => one.phase === 'all');
  return all?.waitedForPeopleMs ?? 0;
}

/** Rows and lines of a page; what is longer is folded. */
export const MANY = 50;

const NUMBERS = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const WHOLE = new Intl.NumberFormat('en');

/** `1,000`; of a fraction three digits. */
export function number(value: number): string {
  return (Number.isInteger(value) ? WHOLE : NUMBERS).format(value);
}

/** `3 steps`, `1 step`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** `v1 95 % and v2 5 %`. */
export function shareWords(shares: readonly { version: string; percent: number }[]): string {
  const shown = shares.filter((one) => one.percent > 0);
  if (shown.length === 0) return 'no traffic';
  return shown.map((one) => `${one.version} ${one.percent} %`).join(' and ');
}

export function waitedWords(ms: number): string {
  return ms > 0 ? `${span(ms)} of it waiting for people` : '';
}

/** The fingerprint of the key that the report says it is signed with; whether it is, `fairlead report verify` says. */
export function signingKey({ evidence }: Report): string | undefined {
  if (evidence.signature === null || evidence.publicKey === null) return undefined;
  return keyFingerprint(evidence.publicKey) ?? 'a key that cannot be read';
}
