import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../../src/domain/failure.ts';
import { parsePrometheusText } from '../../../src/domain/analysis/prometheus-text.ts';

test('reads names, labels and values, and passes over comments, timestamps and exemplars', () => {
  const text = [
    '# HELP requests_total Answered requests.',
    '# TYPE requests_total counter',
    'requests_total{code="200",path="/a b,c}"} 1027 1395066363000',
    'requests_total { code = "500" , } 3',
    'up 1',
    '',
    '  duration_bucket{le="+Inf"} 17 # {trace_id="abc"} 0.67 1520879607.789',
    '# EOF',
  ].join('\n');
  const { samples, declared } = parsePrometheusText(text);
  assert.deepEqual([...declared], ['requests_total']);
  assert.deepEqual(samples, [
    { name: 'requests_total', labels: { code: '200', path: '/a b,c}' }, value: 1027 },
    { name: 'requests_total', labels: { code: '500' }, value: 3 },
    { name: 'up', labels: {}, value: 1 },
    { name: 'duration_bucket', labels: { le: '+Inf' }, value: 17 },
  ]);
});

const numbers: [string, number][] = [
  ['12', 12],
  ['-0.5', -0.5],
  ['1.458255915e9', 1458255915],
  ['.5', 0.5],
  ['5.', 5],
  ['NaN', NaN],
  ['+Inf', Infinity],
  ['Inf', Infinity],
  ['-Inf', -Infinity],
];
for (const [written, value] of numbers) {
  test(`reads the value ${written}`, () => {
    assert.deepEqual(parsePrometheusText(`a ${written}`).samples, [
      { name: 'a', labels: {}, value },
    ]);
  });
}

test('reads escapes in label values, and lines that end as on Windows', () => {
  const [sample] = parsePrometheusText('a{b="C:\\\\n\\"x\\"\\ny"} 1\r\n').samples;
  assert.equal(sample?.labels['b'], 'C:\\n"x"\ny');
});

test('reads a quoted name inside the braces, and quoted label names', () => {
  assert.deepEqual(parsePrometheusText('{"http.requests","http.code"="200"} 4').samples, [
    { name: 'http.requests', labels: { 'http.code': '200' }, value: 4 },
  ]);
});

test('keeps labels that are called as members of every object', () => {
  const [sample] = parsePrometheusText('a{__proto__="x",constructor="y"} 1').samples;
  assert.deepEqual(Object.entries(sample?.labels ?? {}), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});

const wrong = [
  'a',
  'a b',
  'a 1 2 3',
  'a{b="c" 1',
  'a{b=c} 1',
  'a{b="\\x"} 1',
  'a{b="c"d="e"} 1',
  'a{b} 1',
  '{b="c"} 1',
  '1a 1',
  'a+1',
  'a 0x10',
  'a Infinityx',
  '<html>',
];
for (const line of wrong) {
  test(`refuses ${line} and names the line`, () => {
    assert.throws(
      () => parsePrometheusText(`up 1\n${line}\n`),
      (error) =>
        error instanceof Failure &&
        error.kind === 'Broken' &&
        error.message.includes(`line 2 is ${JSON.stringify(line)}`),
    );
  });
}

test('shows the beginning of a long line only', () => {
  assert.throws(
    () => parsePrometheusText('x'.repeat(100_000)),
    (error) => error instanceof Failure && error.message.length < 300,
  );
});

const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const anySample = fc.record(
  {
    name: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/),
    labels: fc
      .uniqueArray(fc.tuple(labelName, fc.string({ unit: 'binary' })), { selector: ([key]) => key })
      .map((pairs) => Object.fromEntries(pairs)),
    value: fc.double({ noNaN: true }).map((value) => (value === 0 ? 0 : value)),
  },
  { noNullPrototype: true },
);

test('reads back whatever was written in the format', () => {
  fc.assert(
    fc.property(fc.array(anySample), (samples) => {
      const lines = samples.map(({ name, labels, value }) => {
        const pairs = Object.entries(labels).map(
          ([key, text]) =>
            `${key}="${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
        );
        const number = Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
        return `${name}{${pairs.join(',')}} ${number}`;
      });
      assert.deepEqual(parsePrometheusText(lines.join('\n')).samples, samples);
    }),
  );
});

test('answers any text with samples or with a Failure', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a{}=", \\#\n1]*$/)), (text) => {
      try {
        parsePrometheusText(text);
      } catch (error) {
        assert.ok(error instanceof Failure);
      }
    }),
  );
});
