// What can follow, looked up: in the folder of system files, and for operations and gates at Temporal. A shell waits for
// it, so that a server that does not answer at once is not asked, and whatever goes wrong is no word.
import type { Command } from 'commander';
import { readChain } from '../../config/reading/base-chain.ts';
import type { Located } from '../../config/reading/located.ts';
import { systemNames } from '../../config/system-names.ts';
import type { OperationStatus } from '../../domain/operation/status.ts';
import { whatFollows, type Following, type Kind } from './what-follows.ts';

const PATIENCE_MS = 1_500;

/** `words`: what was typed after `fairlead`, the last one being typed. Never throws. */
export async function completions(
  program: Command,
  words: readonly string[],
  systems: string,
): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const following = whatFollows(program, words);
  const found = following.kinds.map((kind) => lookUp(kind, systems, following).catch(() => []));
  const all = [...following.fixed, ...(await Promise.all(found)).flat()];
  return [...new Set(all)].filter((one) => one.startsWith(typed)).sort();
}

async function lookUp(kind: Kind, systems: string, { given }: Following): Promise<string[]> {
  switch (kind) {
    case 'systems':
      return (await systemNames(systems)).names;
    case 'services':
      return partsOf(systems, 'services');
    case 'datastores':
      return partsOf(systems, 'datastores');
    case 'operations':
      return inTime(operations());
    case 'gates':
      return inTime(statusOf(given[0] ?? '').then((one) => one?.gates.map(({ id }) => id) ?? []));
    case 'runbooks':
      return runbooksIn(systems);
    case 'inputs':
      return inputsOf(systems, given[0] ?? '');
    case 'steps':
      return inTime(statusOf(given[0] ?? '').then((one) => (one?.asks ? [one.asks.step] : [])));
    case 'answers':
      return inTime(statusOf(given[0] ?? '').then((one) => one?.asks?.options ?? []));
  }
}

/** `shop/api` for each entry of a section in each system file that can be read. */
async function partsOf(systems: string, section: string): Promise<string[]> {
  const { names } = await systemNames(systems);
  const parts = names.map(async (name) => {
    const result = await readChain(systems, name);
    if ('mistakes' in result) return [];
    return keysOf(entryOf(result.chain.root, section)).map((part) => `${name}/${part}`);
  });
  return (await Promise.all(parts)).flat();
}

/** `shop/high-error-rate`, of each system, its own and those of its bases. */
async function runbooksIn(systems: string): Promise<string[]> {
  const { runbookNames } = await import('../../config/steps/runbook-file.ts');
  const { names } = await systemNames(systems);
  const found = names.map(async (name) => {
    const place = { dir: systems, names: await chainOf(systems, name) };
    return (await runbookNames(place)).map((one) => `${name}/${one}`);
  });
  return (await Promise.all(found)).flat();
}

/** `replicas=`, for each input of a runbook that loads. */
async function inputsOf(systems: string, target: string): Promise<string[]> {
  const { loadSystem, loadSystemRunbook } = await import('../../config/load.ts');
  const [system = '', runbook = ''] = target.split('/');
  const read = await loadSystemRunbook(systems, await loadSystem(systems, system), runbook);
  return Object.keys(read.runbook.inputs).map((name) => `${name}=`);
}

async function chainOf(systems: string, name: string): Promise<string[]> {
  const result = await readChain(systems, name);
  return 'mistakes' in result ? [name] : result.chain.names;
}

function entryOf(root: Located, key: string): Located | undefined {
  return root.kind === 'map' ? root.entries.get(key)?.value : undefined;
}

function keysOf(value: Located | undefined): string[] {
  return value?.kind === 'map' ? [...value.entries.keys()] : [];
}

async function inTime(words: Promise<string[]>): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string[]>((done) => {
    timer = setTimeout(done, PATIENCE_MS, []);
  });
  return Promise.race([words, late]).finally(() => {
    clearTimeout(timer);
  });
}

const MOST = 50;

/** The newest ones, open or over. */
async function operations(): Promise<string[]> {
  const { withTemporal } = await import('../temporal/connect.ts');
  const { take } = await import('../operation/find-operation.ts');
  const { attribute } = await import('../operation/ask-status.ts');
  const { ANY_OPERATION } = await import('../../workflows/messages.ts');
  return withTemporal('completion', async (temporal) => {
    const infos = await take(temporal, ANY_OPERATION, MOST);
    return infos.map((info) => attribute(info, 'FairleadOperation') ?? info.workflowId);
  });
}

async function statusOf(operation: string): Promise<OperationStatus | undefined> {
  const { withTemporal } = await import('../temporal/connect.ts');
  const { lookUp: find } = await import('../operation/find-operation.ts');
  const { askStatus } = await import('../operation/ask-status.ts');
  return withTemporal('completion', async (temporal) => {
    const run = await find(temporal, operation, undefined);
    const answer = run === undefined ? undefined : await askStatus(temporal, run, PATIENCE_MS);
    return answer?.from === 'worker' ? answer.status : undefined;
  });
}
