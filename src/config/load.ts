// A system by its name: read, merged with its bases, checked. `loadSystem` is what operations use,
// `checkSystem` what people use: it finds the same mistakes, and more that stop nobody's work: ports taken by other
// systems, backups too rare for what may be lost.
import { join, resolve } from 'node:path';
import { digestOf } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import type { LoadedRunbook, LoadedSystem } from '../domain/loaded-system.ts';
import { doubtsOf } from './doubts/doubts.ts';
import { readChain, type Chain } from './reading/base-chain.ts';
import { mistakeAt, plain } from './reading/located.ts';
import { inOrder, mistakeLine, type Mistake } from './reading/mistake.ts';
import { nameMistakes, promiseMistakes, ruleMistakes } from './rules.ts';
import { namedRunbookRemarks } from './steps/named-runbooks.ts';
import {
  listRunbooks,
  loadRunbook,
  runbookMistakes,
  runbookWarnings,
} from './steps/runbook-file.ts';
import { salvaged, type Readable } from './reading/salvage.ts';
import { schemaMistakes } from './reading/schema-mistakes.ts';
import { systemSchema, type System } from './system.ts';
import { systemNames } from './system-names.ts';

/**
 * Throws Failure: BadInput with every mistake as `file:line: path: ...`, NotFound with the names there are.
 * What other systems say does not matter here: a new file elsewhere must not stop a rollback.
 */
export async function loadSystem(dir: string, name: string): Promise<LoadedSystem> {
  const reading = await read(dir, name);
  if (reading.chain && reading.system) return loaded(dir, reading.chain, reading.system);
  const lines = inOrder(reading.mistakes).map(mistakeLine);
  throw new Failure('BadInput', lines.join('\n'), { mistakes: reading.mistakes });
}

/** A runbook of steps of a system. Throws BadInput with every mistake, NotFound with the runbooks that there are. */
export async function loadSystemRunbook(
  dir: string,
  { name: system, system: loadedSystem }: Pick<LoadedSystem, 'name' | 'system'>,
  name: string,
): Promise<LoadedRunbook> {
  return loadRunbook({ dir, names: await namesOf(dir, system), system: loadedSystem }, name);
}

/** The runbooks of steps of a system, those too that do not load. */
export async function listSystemRunbooks(
  dir: string,
  { name, system }: Pick<LoadedSystem, 'name' | 'system'>,
): ReturnType<typeof listRunbooks> {
  return listRunbooks({ dir, names: await namesOf(dir, name), system });
}

/** The system and those that it starts from, nearest first. */
async function namesOf(dir: string, name: string): Promise<string[]> {
  const result = await readChain(dir, name);
  return 'mistakes' in result ? [name] : result.chain.names;
}

/** Every mistake of one system; none means that it loads, and keeps what it promises. Throws NotFound as loadSystem does. */
export async function checkSystem(dir: string, name: string): Promise<Mistake[]> {
  const reading = await read(dir, name);
  if (!reading.chain) return inOrder(reading.mistakes);
  const shared = await sharedPorts(dir, reading.chain, reading.readable);
  const promises = promiseMistakes(name, reading.readable, reading.chain.root);
  const { system, chain } = reading;
  const runbooks = system && { dir, names: chain.names, system };
  const steps = runbooks === undefined ? [] : await runbookMistakes(runbooks);
  const remarks = runbooks === undefined ? [] : await namedRunbookRemarks(runbooks);
  const named = remarks.map(({ path, message }) => mistakeAt(chain.root, path, message));
  return inOrder([...reading.mistakes, ...promises, ...shared, ...steps, ...named]);
}

/** What is right and may still not do what was meant, of a system that loads, where these variables are set. */
export async function warningsOf(
  dir: string,
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Mistake[]> {
  const { chain, readable, system } = await read(dir, name);
  if (chain === undefined || system === undefined) return [];
  const folder = resolve(dir, programFolder(chain));
  const doubts = await doubtsOf({ readable, root: chain.root, folder, environment });
  const runbooks = { dir, names: chain.names, system };
  return inOrder([
    ...doubts.map(({ path, message }) => mistakeAt(chain.root, path, message)),
    ...(await runbookWarnings(runbooks, folder, environment['PATH'] ?? '')),
  ]);
}

/** The ports of all services of all systems that can be read; none where there is no such folder. */
export async function portsIn(dir: string): Promise<number[]> {
  const { names } = await systemNames(dir).catch((): { names: string[] } => ({ names: [] }));
  const ports = names.map(async (name) => {
    const result = await readChain(dir, name);
    if ('mistakes' in result) return [];
    const { services } = salvaged(plain(result.chain.root), []);
    return Object.values(services).map(({ port }) => port);
  });
  return (await Promise.all(ports)).flat();
}

type Reading =
  | { chain?: never; readable?: never; system?: never; mistakes: Mistake[] }
  | { chain: Chain; readable: Readable; system?: System; mistakes: Mistake[] };

async function read(dir: string, name: string): Promise<Reading> {
  const result = await readChain(dir, name);
  if ('mistakes' in result) return result;
  const { chain } = result;
  const value = plain(chain.root);
  const parsed = systemSchema.safeParse(value);
  const issues = parsed.error?.issues ?? [];
  const readable = salvaged(value, issues);
  const written = chain.root.kind === 'map' ? chain.root.entries.get('system')?.value : undefined;
  const mistakes = [
    ...schemaMistakes(issues, chain.root, value),
    ...nameMistakes(written && plain(written), name, chain.root),
    ...ruleMistakes(readable, chain.root, chain.names),
  ];
  const system = parsed.success && mistakes.length === 0 ? { system: parsed.data } : {};
  return { chain, readable, ...system, mistakes };
}

function loaded(dir: string, chain: Chain, system: System): LoadedSystem {
  return {
    name: system.system,
    directory: resolve(dir, programFolder(chain)),
    digest: digestOf(system),
    system,
  };
}

/** Programs and datasets lie with the first base; environments that start from it share them. */
function programFolder(chain: Chain): string {
  return chain.names.at(-1) ?? '';
}

/** Systems of one first base are environments of each other, and may run on different machines. */
async function sharedPorts(dir: string, chain: Chain, readable: Readable): Promise<Mistake[]> {
  const mistakes: Mistake[] = [];
  const own = Object.entries(readable.services);
  for (const other of (await systemNames(dir)).names) {
    const theirs = chain.names.includes(other) ? undefined : await readChain(dir, other);
    if (!theirs || 'mistakes' in theirs || programFolder(theirs.chain) === programFolder(chain))
      continue;
    const { services } = salvaged(plain(theirs.chain.root), []);
    for (const [service, { port }] of Object.entries(services)) {
      for (const [name, mine] of own.filter(([, { port: taken }]) => taken === port)) {
        const message = `the port ${mine.port} is that of ${join(other, service)} too; give each service its own`;
        mistakes.push(mistakeAt(chain.root, ['services', name, 'port'], message));
      }
    }
  }
  return mistakes;
}
