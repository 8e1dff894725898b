// What golden queries come to: the answer of the service itself, on the copy, against what the system file says.
import type { GoldenRequest } from './recovery-actions.ts';
import type { Finding } from '../analysis/finding.ts';

/** `problem`: nothing answered, and why. */
export type GoldenAnswer = { status: number; body: string; ms: number } | { problem: string };

/** So many characters of an answer's body are shown in a sentence. */
const SHOWN = 200;

export function judgeGolden(request: GoldenRequest, answer: GoldenAnswer): Finding {
  const { service, name, path, status, contains } = request;
  const expected = expectedOf(request);
  const about = { name: `golden ${name}`, samples: 1, expected };
  const asked = `${path} of ${service}`;
  if ('problem' in answer) {
    const reason = `${asked} was not answered: ${answer.problem}${withoutWords(request)}`;
    return { ...about, verdict: 'fail', reason, got: 'no answer' };
  }
  const has = contains === undefined || answer.body.includes(contains);
  const got = gotOf(answer, { has, contains });
  if (answer.status === status && has) {
    const reason = `${asked} answered ${expected} in ${Math.round(answer.ms)} ms`;
    return { ...about, verdict: 'pass', reason, got };
  }
  const reason = `${asked}: expected ${expected}, got ${got}${withoutWords(request)}`;
  return { ...about, verdict: 'fail', reason, got };
}

/** What may be why it answers otherwise than in production. */
function withoutWords({ service, without = [] }: GoldenRequest): string {
  if (without.length === 0) return '';
  return `; ${service} was started without its secrets ${without.join(', ')}, which a copy does not get: say in drill.configuration.${service} what it is to use instead`;
}

/** The finding of a golden query that was not asked, since its service was not started, which has a verdict of its own. */
export function unasked(request: GoldenRequest): Finding {
  const { name, path, service } = request;
  return {
    name: `golden ${name}`,
    verdict: 'inconclusive',
    reason: `${path} was not asked: ${service} did not start`,
    samples: 0,
    expected: expectedOf(request),
    got: 'not asked',
  };
}

function expectedOf({ status, contains }: GoldenRequest): string {
  return contains === undefined
    ? String(status)
    : `${status} containing ${JSON.stringify(contains)}`;
}

/** The body is shown where it is wrong: data of a copy has no place in a report that went well. */
function gotOf(
  { status, body }: { status: number; body: string },
  { has, contains }: { has: boolean; contains: string | undefined },
): string {
  if (contains === undefined) return String(status);
  if (has) return `${status} containing it`;
  const start = body.slice(0, SHOWN).replaceAll(/\s+/g, ' ');
  return `${status} without it: ${start === '' ? 'an empty answer' : start}`;
}
