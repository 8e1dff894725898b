// Who is told of an incident when, and how long each phase may take: what a system file says under `people:`, with the
// defaults for what it does not say. All durations are ms.
import { DEFAULT_AFTER } from '../people/on-call.ts';
import { isAmong } from '../text/names.ts';
import { isRecord } from '../json.ts';
import { SEVERITIES, type Severity } from './severity.ts';

/** From the opening (or a raise of the severity) to each: acknowledged, cause known, users helped. */
export interface IncidentClocks {
  acknowledge: number;
  investigate: number;
  mitigate: number;
}

export interface IncidentPeople {
  /** The first is told at once, the next one when nobody of those before acknowledged. */
  levels: string[][];
  /** How long each level has; the last one counts for all further ones. */
  after: number[];
  /** By role, who may have it; a role that is not named anybody may have. */
  roles: Record<string, string[]>;
  clocks: Record<Severity, IncidentClocks>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** As long as a duration in a system file may be. */
const LONGEST_MS = 366 * 24 * HOUR;

/** Minutes 5, 15 and 30 are those of the runbooks that Fairlead was made for; minor ones wait for working hours. */
export const DEFAULT_CLOCKS: Record<Severity, IncidentClocks> = {
  P0: { acknowledge: 5 * MINUTE, investigate: 15 * MINUTE, mitigate: 30 * MINUTE },
  P1: { acknowledge: 5 * MINUTE, investigate: 15 * MINUTE, mitigate: 30 * MINUTE },
  P2: { acknowledge: 30 * MINUTE, investigate: 2 * HOUR, mitigate: 8 * HOUR },
  P3: { acknowledge: 8 * HOUR, investigate: 24 * HOUR, mitigate: 72 * HOUR },
};

/** The section `people:` of a system file, as it is read. */
export interface PeopleSection {
  levels?: string[][];
  after?: number[];
  roles?: Record<string, string[]>;
  clocks?: Partial<Record<Severity, Partial<IncidentClocks>>>;
}

export function peopleOf(section: PeopleSection | undefined): IncidentPeople {
  const { levels = [], after, roles = {}, clocks = {} } = section ?? {};
  const of = (severity: Severity): IncidentClocks => ({
    ...DEFAULT_CLOCKS[severity],
    ...clocks[severity],
  });
  return {
    levels,
    after: after ?? [...DEFAULT_AFTER],
    roles,
    clocks: { P0: of('P0'), P1: of('P1'), P2: of('P2'), P3: of('P3') },
  };
}

/** People as whoever opens an incident knows them; undefined for anything else. */
export function peopleIn(value: unknown): IncidentPeople | undefined {
  return isPeople(value) ? value : undefined;
}

function isPeople(value: unknown): value is IncidentPeople {
  if (!isRecord(value)) return false;
  const { levels, after, roles, clocks } = value;
  const areNames = (some: unknown): boolean => listOf(some, (one) => typeof one === 'string');
  return (
    listOf(levels, areNames) &&
    listOf(after, isDuration) &&
    isRecord(roles) &&
    Object.values(roles).every(areNames) &&
    isRecord(clocks) &&
    SEVERITIES.every((severity) => areClocks(clocks[severity]))
  );
}

function areClocks(value: unknown): boolean {
  return (
    isRecord(value) &&
    ['acknowledge', 'investigate', 'mitigate'].every((name) => isDuration(value[name]))
  );
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= LONGEST_MS;
}

function listOf(value: unknown, isOne: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every((one) => isOne(one));
}

/** How long (ms) a level has before the next one is told; never less than the severity allows for an acknowledgement. */
export function patienceOf(
  { after, clocks }: IncidentPeople,
  severity: Severity,
  level: number,
): number {
  const own = after[level] ?? after.at(-1) ?? DEFAULT_AFTER[0] ?? 0;
  return Math.max(own, clocks[severity].acknowledge);
}

/** The names that may have a role; undefined where anybody may. */
export function allowedIn({ roles }: IncidentPeople, role: string): string[] | undefined {
  return Object.hasOwn(roles, role) ? roles[role] : undefined;
}

export function mayHave(people: IncidentPeople, role: string, person: string): boolean {
  const allowed = allowedIn(people, role);
  return allowed === undefined || isAmong(allowed, person);
}
