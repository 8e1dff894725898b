// One real `fairlead up` with a system that can be drilled, deployed and backed up: for the tests of `drill` through the
// command line.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { whyUnable } from '../../../src/platforms/local/isolation/namespaces.ts';
import { startUp, type WholeUp } from './whole-up.ts';
import { DRILLED } from './whole-up-systems.ts';

const unable = await whyUnable();
export const NAMESPACES =
  unable === undefined ? {} : { skip: `missing part: namespaces (${unable})` };

export async function startDrilledUp(): Promise<WholeUp> {
  const up = await startUp([DRILLED]);
  await up.exits(0, 'deploy drilled/api v1');
  await up.exits(0, 'backup drilled');
  return up;
}

/** Neither copies nor targets. */
export function nothingLeft({ data }: WholeUp): void {
  const within = (folder: string): string[] =>
    existsSync(join(data, folder)) ? readdirSync(join(data, folder)) : [];
  assert.deepEqual([within('copies'), within('isolated')], [[], []]);
}
