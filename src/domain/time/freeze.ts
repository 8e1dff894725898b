// A freeze: for its time no change goes forward in a system, or in any. It is an open workflow of a known id, one that people
// took and one that an operation took; who, why and until when stand in its memo.
import { describeValue } from '../text/describe-value.ts';
import { noSuchField } from '../text/did-you-mean.ts';
import { badInput, Failure } from '../failure.ts';
import { isRecord, textAt } from '../json.ts';
import { NAME, NAME_ALLOWED, PERSON_ALLOWED, personIn } from '../text/names.ts';

/** The workflow type of a freeze, and its first word in ids and memos. */
export const FREEZE = 'freeze';

/** The scope of a freeze of all systems; no system has this name. */
export const EVERY_SYSTEM = '*';

export interface Freeze {
  /** A system, or `*` for all of them. */
  scope: string;
  takenBy: 'people' | 'operation';
  /** The person, or the id of the operation. */
  owner: string;
  reason: string | null;
  /** ISO 8601; null for one that holds until its operation ends. */
  until: string | null;
  /** ISO 8601 */
  since: string;
  /** The run of the operation that took it. */
  operation?: { workflowId: string; runId: string };
}

/** The one workflow id of a freeze of this scope. */
export function freezeId(scope: string, takenBy: Freeze['takenBy']): string {
  return takenBy === 'people' ? `${FREEZE}/${scope}` : `${FREEZE}/${scope}/operation`;
}

/** The freezes that hold changes of a system (of `*`: of all systems) back, by the ids that they would have. */
export function freezesAbout(system: string): Pick<Freeze, 'scope' | 'takenBy'>[] {
  return [...new Set([system, EVERY_SYSTEM])].flatMap((scope) => [
    { scope, takenBy: 'operation' as const },
    { scope, takenBy: 'people' as const },
  ]);
}

/** The freeze of this workflow id; undefined for the id of anything else. */
export function freezeNamed(id: string): Pick<Freeze, 'scope' | 'takenBy'> | undefined {
  const [word, scope = '', suffix, ...more] = id.split('/');
  const isScope = scope === EVERY_SYSTEM || NAME.test(scope);
  if (word !== FREEZE || !isScope || more.length > 0) return undefined;
  if (suffix === undefined) return { scope, takenBy: 'people' };
  return suffix === 'operation' ? { scope, takenBy: 'operation' } : undefined;
}

/** A freeze that is open, as Temporal describes it. One whose memo is not there yet holds all the same. */
export function freezeOf(
  found: Pick<Freeze, 'scope' | 'takenBy' | 'since' | 'operation'>,
  memo: unknown,
): Freeze {
  const said = isRecord(memo) ? memo[FREEZE] : undefined;
  const { operation } = found;
  return {
    ...found,
    owner: textAt(said, 'owner') ?? operation?.workflowId ?? 'somebody',
    reason: textAt(said, 'reason') ?? null,
    until: found.takenBy === 'operation' ? null : (textAt(said, 'until') ?? null),
  };
}

export function isInForce({ until }: Pick<Freeze, 'until'>, now: number): boolean {
  return until === null || now < Date.parse(until);
}

/** `shop is frozen by ana until 2026-12-24T18:00:00.000Z: holidays` */
export function freezeWords(freeze: Omit<Freeze, 'since'>): string {
  const { scope, takenBy, owner, reason, until } = freeze;
  const what = scope === EVERY_SYSTEM ? 'every system is' : `${scope} is`;
  const open = takenBy === 'operation' ? 'until that operation ends' : 'until it is thawed';
  const when = until === null ? open : `until ${until}`;
  return `${what} frozen by ${owner} ${when}${reason === null ? '' : `: ${reason}`}`;
}

/** What people ask for: a freeze of one system, or of all. */
export interface FreezeRequest {
  scope: string;
  /** ISO 8601 */
  until: string;
  reason: string;
  requestedBy: string | null;
}

const LONGEST_REASON = 2000;
const FIELDS: readonly string[] = ['system', 'all', 'until', 'reason', 'requestedBy'];
const EXAMPLE =
  'for example {"system":"shop","until":"2027-01-04T08:00:00Z","reason":"holidays","requestedBy":"ana"}';
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

export const UNTIL_ALLOWED =
  'a time with its zone that is yet to come, such as 2027-01-04T08:00:00Z or 2027-01-04T09:00+01:00';

/** The ms of a time with its zone, as people type it; undefined for anything else, 30 February too. */
export function timeWithZone(text: unknown): number | undefined {
  if (typeof text !== 'string' || !TIME.test(text)) return undefined;
  const [, , day] = text.slice(0, 10).split('-').map(Number);
  const local = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  const ms = Date.parse(text);
  return Number.isNaN(ms) || local.getUTCDate() !== day ? undefined : ms;
}

/** The request in what somebody sent. Throws a `Failure` BadInput with a sentence for every problem. */
export function parseFreeze(raw: unknown, now: number): FreezeRequest {
  if (!isRecord(raw)) {
    throw new Failure(
      'BadInput',
      `${FREEZE} needs one JSON object, not ${describeValue(raw)}; ${EXAMPLE}`,
    );
  }
  const problem = badInput(FREEZE, problemsIn(raw, now), EXAMPLE);
  if (problem !== null) throw problem;
  const { system, until, reason, requestedBy } = raw;
  return {
    scope: typeof system === 'string' ? system : EVERY_SYSTEM,
    until: new Date(timeWithZone(until) ?? now).toISOString(),
    reason: typeof reason === 'string' ? reason.trim() : '',
    requestedBy: personIn(requestedBy) ?? null,
  };
}

function problemsIn(raw: Record<string, unknown>, now: number): string[] {
  const rules: [field: string, isAllowed: (value: unknown) => boolean, allowed: string][] = [
    ['system', orNothing(isSystem), NAME_ALLOWED],
    ['all', orNothing((value) => typeof value === 'boolean'), 'true or false'],
    ['until', (value) => (timeWithZone(value) ?? now) > now, UNTIL_ALLOWED],
    ['reason', isReason, `why, in at most ${LONGEST_REASON} characters`],
    ['requestedBy', orNothing((value) => personIn(value) !== undefined), PERSON_ALLOWED],
  ];
  const isOneOf = (raw['system'] === undefined) === (raw['all'] === true);
  return [
    ...Object.keys(raw)
      .filter((field) => rules.every(([known]) => known !== field))
      .map((field) => noSuchField(field, FIELDS)),
    ...(isOneOf ? [] : ['needs either system or all: true']),
    ...rules.flatMap(([field, isAllowed, allowed]) =>
      isAllowed(raw[field])
        ? []
        : [`${field} is ${describeValue(raw[field])}, allowed: ${allowed}`],
    ),
  ];
}

const isSystem = (value: unknown): boolean => typeof value === 'string' && NAME.test(value);

const isReason = (value: unknown): boolean =>
  typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_REASON;

function orNothing(isAllowed: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || isAllowed(value);
}

/** What the query `status` of a freeze answers. */
export interface FreezeState extends Freeze {
  /** Nothing is being changed any more that goes forward. */
  frozen: boolean;
  /** Operations that were under way then, and make no change now. */
  held: string[];
  thawed: boolean;
}

/** What a freeze ends with. */
export interface FreezeEnd extends Pick<Freeze, 'scope' | 'owner' | 'until'> {
  ended: 'thawed' | 'expired' | 'cancelled' | 'given back';
  by: string | null;
  reason: string | null;
  /** ISO 8601 */
  at: string;
}
