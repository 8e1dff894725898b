// Expects a Failure of one kind, and hands it over for a look at its message and details.
import assert from 'node:assert/strict';
import { Failure, type FailureKind } from '../../src/domain/failure.ts';

export async function fails(kind: FailureKind, work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Failure, `not a Failure: ${String(error)}`);
    assert.equal(error.kind, kind, error.message);
    return error;
  }
  assert.fail(`it should have failed with ${kind}`);
}
