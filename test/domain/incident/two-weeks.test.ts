// An incident over two weeks of time, which is skipped from one due moment to the next: what is told when, and how often.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../../src/domain/incident/change.ts';
import { decide } from '../../../src/domain/incident/decide.ts';
import type {
  IncidentMessage,
  IncidentMessageName,
} from '../../../src/domain/incident/incident-messages.ts';
import type { Incident } from '../../../src/domain/incident/incident.ts';
import { opened } from '../../../src/domain/incident/opening.ts';
import { nextDue, passTime } from '../../../src/domain/incident/passing-time.ts';
import { peopleOf } from '../../../src/domain/incident/people.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.parse('2027-01-31T09:00:00Z');

/** An incident and its time, from which nothing is skipped that is due. */
class Course {
  incident: Incident;
  now = START;
  readonly told: string[] = [];

  constructor() {
    const request = { system: 'shop', id: 'errors', title: '500', severity: 'P1' } as const;
    const people = peopleOf({ levels: [['ana'], ['ben'], ['cto']] });
    this.incident = this.#heard(opened(request, people, { runId: 'r', now: START }));
  }

  #heard({ incident, news }: Change): Incident {
    const after = Math.round((this.now - START) / MINUTE);
    for (const { event, to } of news) this.told.push(`${after} min ${event} ${to.join()}`.trim());
    return incident;
  }

  say(name: IncidentMessageName, message: Partial<IncidentMessage> = {}): void {
    const said = { actor: 'ana', ...message };
    this.incident = this.#heard(decide(this.incident, name, said, this.now));
  }

  until(then: number): void {
    for (let steps = 0; ; steps += 1) {
      assert.ok(steps < 1000, 'something is due again and again');
      const due = nextDue(this.incident) ?? Infinity;
      if (due > then) break;
      this.now = Math.max(this.now, due);
      this.incident = this.#heard(passTime(this.incident, this.now));
    }
    this.now = then;
  }
}

test('nobody acknowledges for two weeks: each level is told three times, and then nobody any more', () => {
  const course = new Course();
  course.until(START + 14 * DAY);
  const paged = course.told.filter((one) => / (ana|ben|cto)$/.test(one));
  for (const person of ['ana', 'ben', 'cto'])
    assert.ok(paged.filter((one) => one.endsWith(person)).length >= 3, course.told.join('\n'));
  const last = Math.max(...course.told.map((one) => Number(one.split(' ')[0])));
  assert.ok(last < (2 * DAY) / MINUTE, course.told.join('\n'));
  assert.deepEqual(
    Object.values(course.incident.clocks).map(({ overdue }) => overdue),
    [true, true, true],
  );
});

test('resolved, its review and a follow-up are called to mind once a day until it is closed', () => {
  const course = new Course();
  course.until(START + MINUTE);
  course.say('acknowledge');
  course.say('update', { cause: 'an index', resolution: 'rolled back' });
  course.say('followUp', { text: 'alert on the queue', owner: 'ben', due: '2027-02-05' });
  const before = course.told.length;
  course.until(START + 14 * DAY);
  const days = course.told
    .slice(before)
    .map((one) => Math.floor((Number(one.split(' ')[0]) * MINUTE) / DAY));
  // The review is due after two days; the follow-up after its day, the fifth of February.
  assert.deepEqual([...new Set(days)], [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  assert.ok(days.length <= 14, course.told.join('\n'));
  course.say('close', { review: 'held' });
  assert.equal(course.incident.phase, 'closed');
  const closed = course.told.length;
  course.until(START + 28 * DAY);
  assert.equal(course.told.length, closed);
});

test('a hand-over that is refused leaves the role where it was, whatever time passes', () => {
  const course = new Course();
  course.say('acknowledge');
  course.say('update', { handover: 'ben' });
  course.until(START + DAY);
  assert.equal(course.incident.roles['commander'], 'ana');
  course.say('update', { actor: 'ben', decline: 'I am off duty' });
  course.until(START + 14 * DAY);
  assert.deepEqual([course.incident.roles, course.incident.handover], [{ commander: 'ana' }, null]);
  assert.throws(() => {
    course.say('acknowledge', { actor: 'ben' });
  }, /acknowledged by ana/);
});

test('a follow-up takes no day that is over, unless that is meant', () => {
  const course = new Course();
  const slip = { text: 'alert on the queue', owner: 'ben', due: '2027-01-30' };
  const refused = (message: Partial<IncidentMessage>): void => {
    assert.throws(() => {
      course.say('followUp', message);
    }, /2027-01-30 is over \(it is 2027-01-31, UTC\).* --past/);
  };
  refused(slip);
  course.say('followUp', { ...slip, due: '2027-01-31' });
  refused({ id: 1, due: slip.due });
  course.say('followUp', { id: 1, owner: 'ana' });
  course.say('followUp', { ...slip, past: true });
  course.say('followUp', { ...slip, done: true });
  assert.deepEqual(
    course.incident.followUps.map(({ due }) => due?.slice(0, 10)),
    ['2027-01-31', '2027-01-30', '2027-01-30'],
  );
});
