// What a runbook of steps is given: missing, of the wrong type, not declared, or with characters that a shell would act upon.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StepInput } from '../../../src/config/steps/runbook-schema.ts';
import { Failure } from '../../../src/domain/failure.ts';
import { filledIn, inputsOf, type Inputs } from '../../../src/domain/steps/inputs.ts';

const declared: Record<string, StepInput> = {
  host: { type: 'text' },
  replicas: { type: 'integer', default: 4 },
  share: { type: 'number', default: 0.5 },
  force: { type: 'boolean', default: false },
  size: { type: 'text', allowed: ['small', 'large'], default: 'small' },
};

const given = (inputs: Inputs): Inputs => inputsOf('busy', declared, { host: 'a', ...inputs });

function refusal(inputs: Inputs): string {
  try {
    inputsOf('busy', declared, inputs);
  } catch (error) {
    assert.ok(error instanceof Failure);
    assert.equal(error.kind, 'BadInput');
    return error.message;
  }
  return 'taken';
}

describe('an input', () => {
  test('is of its type, also where a command line gives a text; what is not given is its default', () => {
    const texts = { replicas: '10', share: '0.25', force: 'true', size: 'large' };
    const values = { host: 'a', replicas: 10, share: 0.25, force: true, size: 'large' };
    assert.deepEqual(given(texts), values);
    assert.deepEqual(given({}), {
      ...{ host: 'a', replicas: 4, share: 0.5, force: false, size: 'small' },
    });
  });

  test('that is missing, or declared nowhere, is named with what there is', () => {
    assert.equal(
      refusal({ hosst: 'a' }),
      'runbook busy: there is no input "hosst" (did you mean host?); it takes host, replicas, share, force, size; input host is missing; give a text of 1 to 1,000 characters on one line that does not begin with a hyphen',
    );
    const none = () => inputsOf('busy', {}, { host: 'a' });
    assert.throws(none, /there is no input "host"; it takes none$/);
  });

  const wrong: [what: string, inputs: Inputs, said: RegExp][] = [
    ['a word for an integer', { replicas: 'many' }, /replicas is "many"; give a whole number$/],
    ['half of an integer', { replicas: 2.5 }, /replicas is 2\.5; give a whole number$/],
    ['an integer of another notation', { replicas: '0x10' }, /replicas is "0x10"/],
    ['an integer with a command behind it', { replicas: '1; id' }, /replicas is "1; id"/],
    ['an integer beyond what is exact', { replicas: '9007199254740993' }, /replicas is/],
    ['no number', { share: 'NaN' }, /share is "NaN"; give a number$/],
    ['a truth for a number', { share: true }, /share is true; give a number$/],
    ['a word for a truth', { force: 'yes' }, /force is "yes"; give true or false$/],
    ['what is not allowed', { size: 'huge' }, /size is "huge"; give one of small, large$/],
    ['an option of a program', { host: '--help' }, /host is "--help"; give a text/],
    ['nothing', { host: '' }, /host is an empty text; give a text/],
    ['two lines', { host: 'a\nb' }, /host is .*on one line/],
    ['a zero byte', { host: 'a\0b' }, /host is .*on one line/],
    ['a text without an end', { host: 'x'.repeat(1001) }, /host is .*1,000 characters/],
  ];
  for (const [what, inputs, said] of wrong) {
    test(`that is ${what} is refused with what it may be`, () => {
      assert.match(refusal({ host: 'a', ...inputs }), said);
    });
  }

  test('with characters that a shell acts upon stays one text, also where it looks like another input', () => {
    const host = `$(id) \`id\`; rm -rf ~ | cat && "x" 'y' {{inputs.size}} $HOME *`;
    assert.equal(filledIn('{{inputs.host}}', given({ host })), host);
    assert.equal(filledIn('-h={{inputs.host}}', given({ host })), `-h=${host}`);
  });
});
