// The rung `invariants`: the values that a copy answered with against what the system file says of them.
import type { Invariant } from '../../config/datastores.ts';
import type { RungResult } from './ladder.ts';

/** The answer to one query of a copy: its value, `null` for none, or what went wrong. */
export type Asked = { value: string | null } | { problem: string };

const SHOWN = 20;

/** A query that the copy answers with an error is no sane copy; `asked` is in the order of the invariants. */
export function judgeInvariants(
  invariants: readonly Invariant[],
  asked: readonly Asked[],
): RungResult {
  const rung = 'invariants';
  if (invariants.length === 0) {
    const reason = 'the system file names no invariants, so none was asked';
    return { rung, verdict: 'inconclusive', reason };
  }
  const told = invariants.map((invariant, index) => judge(invariant, asked[index]));
  const bad = told.filter(({ holds }) => !holds).map(({ said }) => said);
  const [first] = bad;
  if (first === undefined) {
    return { rung, verdict: 'pass', reason: told.map(({ said }) => said).join('; ') };
  }
  const others = bad.length - 1;
  const more = others > 0 ? `; ${others} more ${others === 1 ? 'does' : 'do'} not hold` : '';
  return {
    rung,
    verdict: 'fail',
    reason: `${first}${more}`,
    differences: bad.slice(0, SHOWN),
  };
}

function judge(invariant: Invariant, asked: Asked | undefined): { holds: boolean; said: string } {
  const { name } = invariant;
  if (asked === undefined || 'problem' in asked) {
    return { holds: false, said: `${name}: ${asked?.problem ?? 'it was not asked'}` };
  }
  const { value } = asked;
  const got = value === null ? 'no value' : value.slice(0, 100);
  const said = `${name} is ${got}, and has to be ${wanted(invariant)}`;
  return { holds: value !== null && fits(invariant, value), said };
}

function fits({ equals, min = -Infinity, max = Infinity }: Invariant, value: string): boolean {
  if (equals !== undefined) return value === equals;
  const number = value.trim() === '' ? NaN : Number(value);
  return number >= min && number <= max;
}

function wanted({ equals, min, max }: Invariant): string {
  if (equals !== undefined) return equals;
  const least = min === undefined ? [] : [`${min} or more`];
  const most = max === undefined ? [] : [`${max} or less`];
  return [...least, ...most].join(' and ');
}
