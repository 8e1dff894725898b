// Every parser that reads what others wrote, on what nobody meant it to read: it answers, or throws a Failure, and no prototype
// is touched. (What takes long shows by the time limit of the whole run.)
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { readYaml } from '../../src/config/reading/yaml-file.ts';
import { plain } from '../../src/config/reading/located.ts';
import { brokenAt, repeatedKeyIn } from '../../src/config/reading/json-text.ts';
import { salvaged } from '../../src/config/reading/salvage.ts';
import { systemSchema } from '../../src/config/system.ts';
import { manifestSchema } from '../../src/datastores/manifest.ts';
import { policyRoles, reaching } from '../../src/datastores/postgres/load-dump.ts';
import { parsePrometheusText } from '../../src/domain/analysis/prometheus-text.ts';
import { Failure } from '../../src/domain/failure.ts';
import { alertDelivery } from '../../src/domain/incident/alertmanager.ts';
import { parseIncidentMessage } from '../../src/domain/incident/incident-messages.ts';
import { parsedJson } from '../../src/domain/json.ts';
import { parseRequest } from '../../src/domain/operation/request.ts';
import { parseMessage } from '../../src/domain/people/message.ts';
import { checkReport } from '../../src/domain/record/check-report.ts';
import { readEvidenceLines } from '../../src/domain/record/evidence-lines.ts';
import { parseAnswer } from '../../src/integrations/prometheus-answer.ts';
import { isVoteSignedBy, SIGNATURES } from '../../src/integrations/signing.ts';
import { RUNBOOKS } from '../../src/runbooks/index.ts';

const RUNS = { numRuns: 300 };
/** Names that an object has without being given them. */
const ODD = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];
const key = fc.oneof(fc.constantFrom(...ODD, 'evidence', 'entries', 'actor', 'gate'), fc.string());
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 0, -0, 1e308, '', '\u0000', '__proto__'),
    fc.string({ unit: 'binary' }),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 5 }).map((pairs) => {
      // As JSON.parse makes it: `__proto__` is a key like any other.
      const fields = pairs.map(
        ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
      );
      return JSON.parse(`{${fields.join(',')}}`) as unknown;
    }),
  ),
}));
const pieces = fc.constantFrom(
  ...[
    '{',
    '}',
    '"',
    "'",
    '\n',
    ' ',
    '#',
    '=',
    ',',
    '\\',
    '\u0000',
    '\ud800',
    '&a',
    '*a',
    '<<: *a',
    '- ',
  ],
  ...['1e999', 'NaN', '+Inf', '__proto__', 'constructor', 'TYPE', 'HELP', 'le="', '_bucket', ': '],
  ...[
    'system',
    'services',
    'CREATE POLICY a ON b TO ',
    '; 0 0 EXTENSION - ',
    '"a""b"',
    '!!js/function ',
  ],
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
);

/** Own names of the prototypes that a careless assignment would reach. */
const prototypes = (): string =>
  [Object.prototype, Array.prototype, String.prototype, Function.prototype]
    .map((one) => Reflect.ownKeys(one).map(String).sort().join())
    .join(';');
const before = prototypes();
after(() => {
  assert.equal(prototypes(), before);
});

function holds<T>(input: fc.Arbitrary<T>, parse: (value: T) => unknown): void {
  fc.assert(
    fc.property(input, (value) => {
      try {
        parse(value);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    }),
    RUNS,
  );
  assert.equal(prototypes(), before);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
}

describe('what is read as text', () => {
  const parsers: Record<string, (value: string) => unknown> = {
    'a system file': (value) => {
      const found = readYaml(Buffer.from(value), 'system.yaml');
      if ('mistakes' in found) return found.mistakes;
      const file = plain(found.root);
      const parsed = systemSchema.safeParse(file);
      return parsed.success ? parsed.data : salvaged(file, parsed.error.issues);
    },
    'lines of evidence': readEvidenceLines,
    'a file of JSON': (value) =>
      parsedJson(value) === undefined ? brokenAt(value) : repeatedKeyIn(value),
    'metrics of a service': parsePrometheusText,
    'an answer of Prometheus': (value) => [
      parseAnswer(value, 'instant'),
      parseAnswer(value, 'range'),
    ],
    'the list of a dump': reaching,
    'the script of a dump': policyRoles,
    'a key and a signature': (value) => isVoteSignedBy(value, 'text', value),
  };
  for (const [what, parse] of Object.entries(parsers)) {
    test(what, () => {
      holds(text, parse);
    });
  }
});

describe('what is read as JSON', () => {
  const parsers: Record<string, (value: unknown) => unknown> = {
    'a manifest': (value) => manifestSchema.safeParse(value),
    'a system': (value) => {
      const parsed = systemSchema.safeParse(value);
      return parsed.success ? parsed.data : salvaged(value, parsed.error.issues);
    },
    'a message to an operation': (value) => parseMessage('approve', value),
    'a message to an incident': (value) => parseIncidentMessage('update', value),
    'a request': (value) => Object.values(RUNBOOKS).map((one) => parseRequest(one, value)),
    'a report': (value) => checkReport({ evidence: value }, SIGNATURES),
    'a report with entries': (value) => checkReport({ evidence: { entries: [value] } }, SIGNATURES),
    'a delivery of Alertmanager': alertDelivery,
  };
  for (const [what, parse] of Object.entries(parsers)) {
    test(what, () => {
      holds(tree, parse);
    });
  }
});

test('texts that are long and nested deep are read in the end, or refused', () => {
  const long = 100_000;
  const texts = [
    '['.repeat(long),
    '{"a":'.repeat(long),
    'a: '.repeat(long),
    '"'.repeat(long),
    `m{${'a="b",'.repeat(long / 10)}`,
    `CREATE POLICY a ON b TO ${'a, '.repeat(long / 10)}`,
    `${'a'.repeat(long)}\n`.repeat(3),
  ];
  for (const value of texts) {
    readEvidenceLines(value);
    reaching(value);
    policyRoles(value);
    parseAnswer(value, 'instant');
    parsedJson(value);
    try {
      parsePrometheusText(value);
      readYaml(Buffer.from(value), 'system.yaml');
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
    }
  }
});
