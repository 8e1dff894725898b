import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readJudgeFile } from '../../src/config/judge-file.ts';
import { brokenAt } from '../../src/config/reading/json-text.ts';
import { judgeOptionsSchema } from '../../src/config/judge-options.ts';

const PAIR = { experiment: [1, 2], control: [1, 3] };
const read = (value: unknown) => readJudgeFile(JSON.stringify(value), 'f.json');

function mistakes(value: unknown): string[] {
  const found = read(value);
  return found.kind === 'unusable' ? found.mistakes : assert.fail('it was taken');
}

test('every default is that of the judge after which it is made, with 20 samples needed', () => {
  assert.deepEqual(judgeOptionsSchema.parse({}), {
    direction: 'either',
    confidence: 0.98,
    tolerance: 0.25,
    nanStrategy: 'remove',
    outliers: { strategy: 'keep', factor: 3 },
    effectSize: { measure: 'meanRatio' },
    critical: false,
    mustHaveData: false,
    minSamples: 20,
  });
});

test('null and "NaN" are NaN', () => {
  const found = read({ experiment: [1, null, 'NaN'], control: [] });
  assert.ok(found.kind === 'metric');
  assert.deepEqual(found.metric.experiment, [1, NaN, NaN]);
});

test('groups get the default thresholds, and metrics may have names', () => {
  const metrics = [PAIR, { ...PAIR, name: 'p95 (ms)' }];
  const found = read({ groups: { Latency: { metrics } } });
  assert.ok(found.kind === 'groups');
  assert.deepEqual([found.groups.pass, found.groups.marginal], [95, 75]);
});

test('marginal is never above a pass that is lower than its default', () => {
  const found = read({ groups: { a: { metrics: [PAIR] } }, pass: 50 });
  assert.ok(found.kind === 'groups');
  assert.equal(found.groups.marginal, 50);
});

const WRONG: [name: string, value: unknown, message: RegExp][] = [
  ['a list', [1], /^f\.json: write an object/],
  ['null', null, /^f\.json: write an object/],
  ['a missing side', { experiment: [] }, /control: is missing; write a list, each item a number/],
  [
    'a text among samples',
    { ...PAIR, control: [1, 'x'] },
    /f\.json: control\.1: "x" is not allowed; write a number, or null/,
  ],
  ['one number for a list', { ...PAIR, control: 1 }, /control: 1 is not allowed; write a list/],
  [
    'a misspelt key',
    { ...PAIR, tolerence: 1 },
    /tolerence: unknown key \(did you mean tolerance\?\)/,
  ],
  [
    'an unknown direction',
    { ...PAIR, direction: 'up' },
    /direction: "up" is not allowed; write increase or decrease or either/,
  ],
  [
    'full confidence',
    { ...PAIR, confidence: 1 },
    /confidence: 1 is not allowed; write a number above 0 and below 1/,
  ],
  [
    'a negative tolerance',
    { ...PAIR, tolerance: -1 },
    /tolerance: -1 is not allowed; write a number from 0/,
  ],
  [
    'no samples needed',
    { ...PAIR, minSamples: 0 },
    /minSamples: 0 is not allowed; write a whole number from 1/,
  ],
  [
    'a ratio as a share of pairs',
    { ...PAIR, effectSize: { measure: 'cles', allowedIncrease: 1.2 } },
    /effectSize\.allowedIncrease: 1\.2 is not allowed; with the measure cles write/,
  ],
  ['a factor of 0', { ...PAIR, outliers: { factor: 0 } }, /outliers\.factor: 0 is not allowed/],
  ['no groups', { groups: {} }, /groups: declare at least one group/],
  ['a group of nothing', { groups: { a: { metrics: [] } } }, /groups\.a\.metrics: an empty list/],
  [
    'a metric beside groups',
    { groups: { a: { metrics: [PAIR] } }, ...PAIR },
    /experiment: unknown key/,
  ],
  [
    'a mistake deep down',
    { groups: { a: { metrics: [PAIR, { ...PAIR, critical: 1 }] } } },
    /groups\.a\.metrics\.1\.critical: 1 is not allowed; write true or false/,
  ],
  [
    'a group without a name',
    { groups: { '': { metrics: [PAIR] } } },
    /the key "" is not allowed; write a text of 1 to 128/,
  ],
  [
    'marginal above pass',
    { groups: { a: { metrics: [PAIR] } }, pass: 50, marginal: 75 },
    /marginal: 75 is above pass, which is 50/,
  ],
  [
    'weights of more than 100',
    { groups: { a: { weight: 60, metrics: [PAIR] }, b: { weight: 41, metrics: [PAIR] } } },
    /groups: the weights of the groups sum to 101; write weights of at most 100 together/,
  ],
  [
    'weights that no score reaches a pass with',
    { groups: { a: { weight: 30, metrics: [PAIR] }, b: { weight: 41, metrics: [PAIR] } } },
    /groups: the weights of the groups sum to 71, so no score reaches pass \(95\)/,
  ],
  [
    'a name that two metrics have',
    {
      groups: {
        a: { metrics: [{ ...PAIR, name: 'p99' }] },
        b: { metrics: [{ ...PAIR, name: 'p99' }] },
      },
    },
    /groups\.b\.metrics\.0: "p99" names two metrics; give each its own name/,
  ],
];
for (const [name, value, message] of WRONG) {
  test(`${name} is named with its path and what is allowed`, () => {
    assert.match(mistakes(value).join('\n'), message);
  });
}

test('of very many mistakes the first are named', () => {
  assert.equal(mistakes({ ...PAIR, control: Array.from({ length: 5000 }, () => 'x') }).length, 20);
});

const BROKEN: [text: string, line: number, message: RegExp][] = [
  ['', 1, /it ends where a value is due/],
  ['{"experiment": [1,\n2,\n]}', 3, /"\]" stands where a value is due/],
  ['{"a": 1,}', 1, /"}" stands where a key in double quotes is due/],
  ['\n{a: 1}', 2, /"a" stands where a key/],
  ['{"a": [1, NaN]}', 1, /NaN; write null or "NaN"/],
  ['{"a": [1, -Infinity]}', 1, /-Infinity; write null/],
  ['{"a" 1}', 1, /"1" stands where a colon is due/],
  ['[1 2]', 1, /"2" stands where a comma or the closing bracket/],
  ['{"a": [1}', 1, /"}" stands where a comma/],
  ['{"a": 1}\n}', 2, /"}" stands where the end is due/],
  ['{"a": "x\ny"}', 1, /a text that cannot be read/],
  ['{"a": "\\q"}', 1, /a text that cannot be read/],
  ['{"a": 01}', 1, /"01" stands where a value is due/],
];
for (const [text, line, message] of BROKEN) {
  test(`broken JSON is named with its line: ${JSON.stringify(text)}`, () => {
    const found = readJudgeFile(text, 'f.json');
    assert.ok(found.kind === 'unusable');
    assert.match(found.mistakes.join('\n'), message);
    assert.ok(found.mistakes[0]?.startsWith(`f.json:${line}: not valid JSON: `));
  });
}

test('a key that is there twice is named with its line: readers differ on which one counts', () => {
  for (const text of [
    '{"experiment": [1],\n"control": [2],\n"experiment": [3]}',
    '{"groups": {"a": {"metrics": []},\n\n"\\u0061": {"metrics": []}}}',
  ]) {
    const found = readJudgeFile(text, 'f.json');
    assert.ok(found.kind === 'unusable');
    assert.match(
      found.mistakes.join('\n'),
      /^f\.json:3: the key "(experiment|a)" is there twice; keep one$/,
    );
  }
});

test('what JSON.parse takes has no broken place before its end', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t'), (text, space) => {
      const lines = `${text}${space}`.split('\n').length;
      assert.deepEqual(brokenAt(`${text}${space}`), {
        line: lines,
        message: 'not valid JSON: it ends where the end is due',
      });
    }),
  );
});

test('nothing makes the reader throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.ok(['metric', 'groups', 'unusable'].includes(readJudgeFile(text, 'f').kind));
    }),
  );
  assert.equal(readJudgeFile('['.repeat(100_000), 'f').kind, 'unusable');
});
