// System folders on disk for the tests of config/, removed at the end of each test.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkSystem } from '../../src/config/load.ts';
import { mistakeLine } from '../../src/config/reading/mistake.ts';

/** Writes `systems/<path>` for each entry; answers the systems folder. */
export async function systemsWith(
  test: TestContext,
  files: Record<string, string | Uint8Array>,
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fairlead-config-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  const dir = join(root, 'systems');
  await mkdir(dir);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), content);
  }
  return dir;
}

export async function mistakesOf(dir: string, name: string): Promise<string[]> {
  return (await checkSystem(dir, name)).map(mistakeLine);
}

/** The mistakes of a system `shop` with this one file, without the file's name. */
export async function mistakesIn(test: TestContext, yaml: string | Uint8Array): Promise<string[]> {
  const dir = await systemsWith(test, { 'shop/system.yaml': yaml });
  const lines = await mistakesOf(dir, 'shop');
  return lines.map((line) => line.replace('systems/shop/system.yaml:', ''));
}

/** A right system file of 16 lines, for tests that change one line of it. */
export const SHOP = `system: shop
services:
  api:
    platform: local
    command: [node, 'versions/{version}.mjs']
    port: 8000
    rollout:
      canary:
        steps:
          - { weight: 5, bake: 3s, analysis: errors, approval: promote }
          - { weight: 25, bake: 3s }
analyses:
  errors: { source: scrape, metrics: { ratio-of-errors: { ratio: { of: fairlead_requests_total, to: fairlead_requests_total }, max: 0.05 } } }
approvals:
  promote: { quorum: 1, from: [ana, ben] }
`;

/** SHOP with one line (from 1) replaced; a replacement may be several lines. */
export function shopWith(line: number, replacement: string): string {
  return SHOP.split('\n')
    .toSpliced(line - 1, 1, replacement)
    .join('\n');
}

/** One test per row: what a system `shop` with this file is told, as `line: path: message`. */
export function testMistakes(
  rows: [name: string, yaml: string | Uint8Array, expected: string[]][],
): void {
  for (const [name, yaml, expected] of rows) {
    test(name, async (t) => {
      assert.deepEqual(await mistakesIn(t, yaml), expected);
    });
  }
}
