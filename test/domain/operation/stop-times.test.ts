// How long each service of a stop took, as its answer says it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainResult, type StepResults } from '../../../src/domain/operation/step-result.ts';
import { stopTimes } from '../../../src/domain/operation/stop-times.ts';

function stopped(times: (number | undefined)[]): StepResults {
  const services = times.map((afterMs, n) =>
    afterMs === undefined
      ? { service: `s${n}`, failed: { kind: 'Broken', message: 'no' } as const }
      : { service: `s${n}`, weights: [], detail: '', afterMs },
  );
  const step = { id: 'stop', title: '', undo: 'none', action: { kind: 'stop', service: 's0' } };
  const result = plainResult({ type: 'done' }, { output: { kind: 'stopped', services } });
  return [{ step: { ...step, action: { kind: 'stop', service: 's0' } }, result }];
}

test('each service is named with its time, one that was not stopped is not', () => {
  assert.equal(
    stopTimes(stopped([380, undefined, 1240, 3])),
    'users get 503: s0 after 0.4 s, s2 after 1.3 s, s3 after 0.1 s',
  );
  assert.equal(stopTimes(stopped([undefined])), undefined);
  assert.equal(stopTimes([]), undefined);
});

test('of many services the slowest are named', () => {
  const said = stopTimes(stopped(Array.from({ length: 500 }, (_, n) => n * 10)));
  assert.match(
    said ?? '',
    /^users get 503: 500 services, the slowest s499 after 5\.0 s, s498 after/,
  );
  assert.equal(said?.match(/after/g)?.length, 10);
});
