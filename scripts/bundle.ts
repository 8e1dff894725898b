// Bundles the workflows once, so that a worker starts in a second or two and all workers run the same code.
// Run by `npm run build` after tsc: takes src when it runs from scripts/, and writes dist/workflow-bundle.js.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const root = resolve(import.meta.dirname, '..');
const target = resolve(root, 'dist', 'workflow-bundle.js');

const { code } = await bundleWorkflowCode({
  workflowsPath: resolve(root, 'src', 'workflows', 'index.ts'),
  payloadConverterPath: resolve(root, 'src', 'payload-converter.ts'),
  logger: new DefaultLogger('WARN'),
});
mkdirSync(resolve(root, 'dist'), { recursive: true });
// Renamed as a whole: a worker may be starting meanwhile.
const temporary = `${target}.${process.pid}.tmp`;
writeFileSync(temporary, code);
renameSync(temporary, target);
console.error(`dist/workflow-bundle.js: ${(code.length / 1_000_000).toFixed(1)} MB`);
