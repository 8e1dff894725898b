// Whatever is changed in a signed report, `report verify` finds it: every field in turn, entries dropped, moved,
// doubled, chained anew, signatures swapped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkReport, type ReportCheck } from '../../../src/domain/record/check-report.ts';
import { chain } from '../../../src/domain/record/evidence-chain.ts';
import type { EvidenceBody, EvidenceEntry } from '../../../src/domain/record/evidence.ts';
import { repeatedKeyIn } from '../../../src/config/reading/json-text.ts';
import { reportAnswer, reportOfEntries } from '../../../src/domain/record/report-answer.ts';
import { SIGNATURES } from '../../../src/integrations/signing.ts';
import { entriesOf, OPENED, ROLLED_BACK } from '../../support/record/evidence.ts';
import { longReport, measuredReport } from '../../support/record/report-samples.ts';
import { asJson, newSigner, signedReport } from '../../support/record/signed-report.ts';

const SIGNER = newSigner();
const MORE: readonly EvidenceBody[] = [
  { type: 'notice', event: 'ended', channel: 'ops', about: 'it failed', delivered: false },
  { type: 'message', name: 'pause', actor: null, accepted: true, note: 'held', reason: null },
  { type: 'finding', text: 'a file was changed' },
];
const BODIES = [...ROLLED_BACK.slice(0, -1), ...MORE, ...ROLLED_BACK.slice(-1)];
const ENTRIES = entriesOf(BODIES);
const REPORTS = {
  'rolled back': asJson(signedReport(ENTRIES, SIGNER)),
  measured: asJson(signedReport(measuredReport().evidence.entries, SIGNER)),
};

function check(report: unknown): ReportCheck {
  const checked = checkReport(asJson(report), SIGNATURES);
  assert.ok(checked);
  return checked;
}

type Path = (string | number)[];

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, one]) =>
    pathsIn(one, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return path.length === 0 ? below : [path, ...below];
}

/** The container of what lies at the path. */
function holderOf(report: unknown, path: Path): Record<string | number, unknown> {
  return path
    .slice(0, -1)
    .reduce((value, key) => (value as Record<string | number, unknown>)[key], report) as Record<
    string | number,
    unknown
  >;
}

function changed(report: unknown, path: Path, value: unknown): Record<string, unknown> {
  const copy = asJson(report);
  holderOf(copy, path)[path.at(-1) ?? ''] = value;
  return copy;
}

function without(report: unknown, path: Path): Record<string, unknown> {
  const copy = asJson(report);
  const holder = holderOf(copy, path);
  const key = path.at(-1) ?? '';
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
  return copy;
}

/** Another value of the same type, as somebody would put who wants it to look right. */
function likely(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return value === 'pass' ? 'fail' : `${value}!`;
    case 'number':
      return value + 1;
    case 'boolean':
      return !value;
    default:
      return value === null ? 'somebody' : Array.isArray(value) ? [...(value as unknown[]), 1] : {};
  }
}

const valueAt = (report: unknown, path: Path) => holderOf(report, path)[path.at(-1) ?? ''];
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

for (const [name, report] of Object.entries(REPORTS)) {
  const paths = pathsIn(report);

  test(`a report that is as it was made passes: ${name}`, () => {
    const { altered, unknown, signed, closed } = check(report);
    assert.deepEqual([altered, unknown, closed], [null, [], true]);
    assert.equal(signed?.publicKey, SIGNER.publicKey);
  });

  test(`each field changed in turn is found: ${name}`, () => {
    for (const path of paths) {
      const value = valueAt(report, path);
      if (isSame(value, likely(value))) continue;
      const { altered } = check(changed(report, path, likely(value)));
      assert.ok(altered !== null, path.join('.'));
    }
  });

  test(`each field or row that is taken away is found: ${name}`, () => {
    for (const path of paths) {
      assert.ok(check(without(report, path)).altered !== null, path.join('.'));
    }
  });

  test(`any value in place of another is found: ${name}`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        fc.pre(!isSame(value, valueAt(report, path)));
        // In place of the whole list: a count of entries is what earlier releases had.
        fc.pre(!(path.join('.') === 'evidence.entries' && typeof value === 'number'));
        return check(changed(report, path, value)).altered !== null;
      }),
      { numRuns: 300 },
    );
  });

  test(`a field that was added is never passed over: ${name}`, () => {
    const places: Path[] = paths.filter((path) => {
      const value = valueAt(report, path);
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    });
    for (const path of [[], ...places]) {
      for (const field of ['approvedBy', 'detail', 'backups', '__proto__']) {
        const copy = asJson(report);
        const holder = holderOf(copy, [...path, field]);
        if (Object.hasOwn(holder, field)) continue;
        Object.defineProperty(holder, field, { value: 'eve', enumerable: true });
        const { altered, unknown } = check(JSON.parse(JSON.stringify(copy)));
        assert.ok(altered !== null || unknown.length > 0, [...path, field].join('.'));
      }
    }
  });
}

test('the first field that was altered is named by its path', () => {
  const report = REPORTS['rolled back'];
  const said = check(changed(report, ['steps', 1, 'detail'], 'all was well')).altered;
  assert.match(said ?? '', /^steps\[1\]\.detail was added/);
  const verdict = check(changed(report, ['outcome'], 'succeeded')).altered;
  assert.equal(verdict, 'outcome says "succeeded"; the entries come to "rolledBack"');
  const entry = check(changed(report, ['evidence', 'entries', 5, 'actor'], 'eve')).altered;
  assert.match(entry ?? '', /^entry 5 \(decision, .*was altered/);
});

/** As somebody would who can compute hashes and has no key. */
function chainedAnew(entries: readonly EvidenceEntry[]): EvidenceEntry[] {
  const anew: EvidenceEntry[] = [];
  for (const { seq: _seq, at, prev: _prev, hash: _hash, ...body } of entries) {
    anew.push(chain(anew.at(-1), at, body));
  }
  return anew;
}

test('entries that are dropped, moved, doubled or chained anew without the key are found', () => {
  fc.assert(
    fc.property(
      fc.nat(ENTRIES.length - 1),
      fc.nat(ENTRIES.length - 1),
      fc.constantFrom('drop', 'move', 'double', 'cut'),
      fc.boolean(),
      (from, to, how, anew) => {
        const entries = [...ENTRIES];
        const [one] = entries.splice(from, how === 'cut' ? ENTRIES.length : 1);
        assert.ok(one);
        if (how === 'move') entries.splice(to, 0, one);
        if (how === 'double') entries.splice(from, 0, one, one);
        fc.pre(!isSame(entries, ENTRIES));
        const { signature, publicKey } = signedReport(ENTRIES, SIGNER).evidence;
        const made = asJson(signedReport(anew ? chainedAnew(entries) : entries, newSigner()));
        Object.assign(made['evidence'] as object, { signature, publicKey });
        return check(made).altered !== null;
      },
    ),
  );
});

test('the signature of another report does not fit, and neither does another key', () => {
  const report = REPORTS['rolled back'];
  const other = signedReport(entriesOf([OPENED]), SIGNER).evidence;
  const swapped = check(changed(report, ['evidence', 'signature'], other.signature)).altered;
  assert.match(swapped ?? '', /evidence\.signature does not fit/);
  const key = changed(report, ['evidence', 'publicKey'], newSigner().publicKey);
  assert.match(check(key).altered ?? '', /evidence\.signature does not fit/);
});

test('a report whose signature was taken away is whole, and not signed', () => {
  const bare = changed(REPORTS['rolled back'], ['evidence', 'signature'], null);
  const { altered, signed } = check(changed(bare, ['evidence', 'publicKey'], null));
  assert.deepEqual([altered, signed], [null, null]);
});

test('a field of a later version is named and not called altered', () => {
  const report = changed(REPORTS['rolled back'], ['steps', 0, 'costs'], 12);
  const { altered, unknown } = check(changed(report, ['weather'], 'fine'));
  assert.deepEqual([altered, unknown], [null, ['steps[0].costs', 'weather']]);
});

test('a report of an earlier release, with a count in place of its entries, is no report to check', () => {
  const old = changed(REPORTS['rolled back'], ['evidence'], { entries: 12, head: 'a' });
  assert.equal(checkReport(old, SIGNATURES), undefined);
});

test('a key that stands twice in one object is found, and in two objects not', () => {
  const text = JSON.stringify(REPORTS['rolled back'], null, 2);
  assert.equal(repeatedKeyIn(text), undefined);
  assert.equal(
    repeatedKeyIn(text.replace('"outcome"', '"outcome": "succeeded",\n  "outcome"'))?.key,
    'outcome',
  );
  assert.equal(repeatedKeyIn('{"a": {"b": 1}, "c": [{"b": 2}, {"b": "x\\"{,:"}]}'), undefined);
  assert.deepEqual(repeatedKeyIn('{"a": 1,\n "\\u0061": 2}'), { key: 'a', line: 2 });
});

test('a report of a thousand steps travels as its entries and comes to the same', () => {
  const long = longReport(1000);
  const report = signedReport(long.evidence.entries, SIGNER);
  const answer = asJson(reportAnswer(report));
  assert.equal(answer['schema'], 'fairlead/report-entries/v1');
  assert.deepEqual(asJson(reportOfEntries(answer)), asJson(report));
  assert.equal(check(report).altered, null);
  assert.deepEqual(reportAnswer(signedReport(ENTRIES, SIGNER)), signedReport(ENTRIES, SIGNER));
});
