// What an incident does by itself because nobody did anything: the next level is told, a clock that ran out is told once, a
// hand-over, a follow-up or a review that waits is called to mind. Pure: `now` is ms.
import { FAIRLEAD, news, then, unchanged, type Change } from './change.ts';
import { isOver, type FollowUp, type Incident } from './incident.ts';
import { isPaging, pageNext } from './opening.ts';
import type { IncidentClocks } from './people.ts';

const DAY_MS = 86_400_000;
export const REVIEW_WITHIN_MS = 2 * DAY_MS;

const CLOCK_WORDS: Record<keyof IncidentClocks, string> = {
  acknowledge: 'nobody has acknowledged it',
  investigate: 'its cause is not known',
  mitigate: 'users are not helped',
};
const CLOCKS: readonly (keyof IncidentClocks)[] = ['acknowledge', 'investigate', 'mitigate'];

/** When (ms) something is due next; null for never. */
export function nextDue(incident: Incident): number | null {
  const { clocks, paging, handover, remindAt, followUps, phase } = incident;
  if (phase === 'closed') return null;
  const times = [
    ...(isOver(incident)
      ? []
      : CLOCKS.filter((one) => isRunning(incident, one)).map((one) => clocks[one].dueAt)),
    ...(isPaging(incident) && paging.nextAt !== null ? [paging.nextAt] : []),
    ...(handover !== null && !handover.reminded ? [handover.dueAt] : []),
    ...followUps.filter(isToRemind).map(({ due }) => due ?? ''),
    ...(remindAt === null ? [] : [remindAt]),
  ].map((at) => Date.parse(at));
  return times.length === 0 ? null : Math.min(...times);
}

/** Everything that is due by now, once. */
export function passTime(incident: Incident, now: number): Change {
  const steps = [clocksRunOut, nextLevel, handoverWaits, followUpsDue, reminder];
  return steps.reduce<Change>(
    (change, step) => then(change, (one) => step(one, now)),
    unchanged(incident),
  );
}

function isRunning({ clocks }: Incident, name: keyof IncidentClocks): boolean {
  return clocks[name].doneAt === null && !clocks[name].overdue;
}

function clocksRunOut(incident: Incident, now: number): Change {
  if (isOver(incident)) return unchanged(incident);
  const late = CLOCKS.filter(
    (one) => isRunning(incident, one) && Date.parse(incident.clocks[one].dueAt) <= now,
  );
  return late.reduce<Change>(
    (change, name) => then(change, (one) => clockRunsOut(one, name, now)),
    unchanged(incident),
  );
}

function clockRunsOut(incident: Incident, name: keyof IncidentClocks, now: number): Change {
  const { clocks, roles, people, paging } = incident;
  const at = new Date(now).toISOString();
  const what = `late: ${CLOCK_WORDS[name]}, and it was due by ${clocks[name].dueAt}`;
  const marked = { ...incident, clocks: { ...clocks, [name]: { ...clocks[name], overdue: true } } };
  const change: Change = {
    incident: marked,
    lines: [{ kind: 'clock', at, who: FAIRLEAD, what }],
    news: [],
  };
  // Who is to acknowledge it is told by the levels; later, whoever leads and the level behind them.
  if (name === 'acknowledge') return change;
  const next = people.levels[Math.min(paging.level + 1, people.levels.length - 1)] ?? [];
  const to = [...new Set([...Object.values(roles), ...next])];
  return { ...change, news: [news(marked, 'paging', what, to)] };
}

function nextLevel(incident: Incident, now: number): Change {
  const { nextAt } = incident.paging;
  const isDue = isPaging(incident) && nextAt !== null && Date.parse(nextAt) <= now;
  return isDue ? pageNext(incident, now) : unchanged(incident);
}

function handoverWaits(incident: Incident, now: number): Change {
  const { handover } = incident;
  if (handover === null || handover.reminded || Date.parse(handover.dueAt) > now) {
    return unchanged(incident);
  }
  const { role, from, to } = handover;
  const what = `${to} has not taken over ${role}; ${from} still has it`;
  return {
    incident: { ...incident, handover: { ...handover, reminded: true } },
    lines: [{ kind: 'handover', at: new Date(now).toISOString(), who: FAIRLEAD, what }],
    news: [news(incident, 'paging', what, [to, from])],
  };
}

function isToRemind({ due, doneAt, reminded }: FollowUp): boolean {
  return due !== null && doneAt === null && !reminded;
}

function followUpsDue(incident: Incident, now: number): Change {
  const due = incident.followUps.filter(
    (one) => isToRemind(one) && Date.parse(one.due ?? '') <= now,
  );
  if (due.length === 0) return unchanged(incident);
  const at = new Date(now).toISOString();
  const words = due.map(
    ({ id, owner, text }) => `follow-up ${id} of ${owner ?? 'nobody'} is due: ${text}`,
  );
  return {
    incident: {
      ...incident,
      followUps: incident.followUps.map((one) =>
        due.includes(one) ? { ...one, reminded: true } : one,
      ),
    },
    lines: words.map((what) => ({ kind: 'reminder' as const, at, who: FAIRLEAD, what })),
    news: due.map((one, index) =>
      news(incident, 'incident', words[index] ?? '', one.owner === null ? [] : [one.owner]),
    ),
  };
}

/** What keeps an incident that is over from being closed, each as a clause. */
export function leftToDo(incident: Incident): string[] {
  const { review, reviewDueAt, followUps } = incident;
  const unowned = followUps.filter(({ owner, doneAt }) => owner === null && doneAt === null);
  return [
    ...(isOver(incident) ? [] : ['it is not resolved']),
    ...(reviewDueAt !== null && review === null
      ? [`its review, with the post-mortem, is due by ${reviewDueAt}`]
      : []),
    ...unowned.map(({ id, text }) => `follow-up ${id} has no owner: ${text}`),
  ];
}

/** Once a day, of what is left to do. */
function reminder(incident: Incident, now: number): Change {
  const { remindAt, roles } = incident;
  if (remindAt === null || Date.parse(remindAt) > now) return unchanged(incident);
  const left = leftToDo(incident);
  const what =
    left.length === 0 ? 'it can be closed' : `before it can be closed: ${left.join('; ')}`;
  const next = { ...incident, remindAt: new Date(now + DAY_MS).toISOString() };
  return {
    incident: next,
    lines: [{ kind: 'reminder', at: new Date(now).toISOString(), who: FAIRLEAD, what }],
    news: [news(next, 'incident', what, [...new Set(Object.values(roles))])],
  };
}
