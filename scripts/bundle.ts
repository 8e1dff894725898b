// Bundles the workflows once, so that a worker starts in a second or two and all workers run the same code.
// Run by `npm run build` after tsc: takes src when it runs from scripts/, and writes dist/workflow-bundle.js.
import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
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
writeFileSync(temporary, withoutSources(code));
renameSync(temporary, target);
const megabytes = statSync(target).size / 1_000_000;
console.error(`dist/workflow-bundle.js: ${megabytes.toFixed(1)} MB`);

/** A bundle whose source map still finds files and lines, and no longer holds every source a second time. */
function withoutSources(bundle: string): string {
  const prefix = 'sourceMappingURL=data:application/json;charset=utf-8;base64,';
  const from = bundle.lastIndexOf(prefix) + prefix.length;
  if (from < prefix.length)
    throw new Error('the workflow bundle has no source map of the form that is known');
  const map = JSON.parse(Buffer.from(bundle.slice(from).trim(), 'base64').toString()) as object;
  const small = JSON.stringify({ ...map, sourcesContent: undefined });
  return `${bundle.slice(0, from)}${Buffer.from(small).toString('base64')}\n`;
}
