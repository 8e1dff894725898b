// Runs many test files in one process, one after the other: scripts/test.ts says which, and names this file to the
// test runner. A test that fails is shown with its own file; a file that cannot be loaded is a failure by its name.
import { test } from 'node:test';
import { delimiter, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './entry.ts';

const files = (process.env['FAIRLEAD_TEST_TOGETHER'] ?? '').split(delimiter);
for (const file of files) {
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    test(relative(ROOT, file), () => {
      throw error;
    });
  }
}
