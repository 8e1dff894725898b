// Runbooks of steps by their names: systems/<name>/runbooks/<runbook>.yaml, of the system itself or of one that it starts
// from (`base:`), the nearest first.
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { digestOf } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import type { LoadedRunbook } from '../../domain/loaded-system.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { NAME, NAME_ALLOWED } from '../../domain/text/names.ts';
import { runbookPrograms } from '../doubts/runbook-programs.ts';
import { editorSchemaOf, jsonSchemaOf, nodeAt } from '../reading/json-schema.ts';
import { mistakeAt, plain, type Located } from '../reading/located.ts';
import { inOrder, mistakeLine, type Mistake } from '../reading/mistake.ts';
import { issueMistakes } from '../reading/schema-mistakes.ts';
import { listed, shown } from '../reading/wording.ts';
import { readFor } from '../reading/read-for.ts';
import { readYaml } from '../reading/yaml-file.ts';
import type { System } from '../system.ts';
import { runbookRemarks } from './runbook-rules.ts';
import { runbookSchema, type StepsRunbook } from './runbook-schema.ts';

/** Where runbooks of a system are: `names` are the system's own and those of its bases, nearest first. */
export interface RunbookPlace {
  dir: string;
  names: readonly string[];
  system: System;
}

interface Found {
  name: string;
  /** Absolute. */
  path: string;
  /** As messages show it: `systems/shop/runbooks/errors.yaml`. */
  file: string;
}

const FOLDER = 'runbooks';
const ENDING = /\.ya?ml$/;

/** Throws NotFound with the runbooks that there are, BadInput with every mistake as `file:line: path: ...`. */
export async function loadRunbook(place: RunbookPlace, name: string): Promise<LoadedRunbook> {
  const all = await runbookFiles(place);
  const found = all.find((one) => one.name === name);
  if (found === undefined) {
    const known = all.map((one) => one.name);
    const [own = ''] = place.names;
    const folder = `${basename(resolve(place.dir))}/${own}/${FOLDER}`;
    throw new Failure(
      'NotFound',
      `${own} has no runbook ${shown(name)}${didYouMean(name, known)} in ${folder}; there are: ${listed(known)}`,
    );
  }
  const read = await readRunbook(found, place.system);
  if (read.runbook !== undefined) {
    const { runbook } = read;
    return { name, file: found.file, digest: digestOf(runbook), runbook };
  }
  const lines = inOrder(read.mistakes).map(mistakeLine);
  throw new Failure('BadInput', lines.join('\n'), { mistakes: read.mistakes });
}

/** Each runbook of a system with its title, in the order of their names; `problem` where it does not load. */
export async function listRunbooks(
  place: RunbookPlace,
): Promise<{ name: string; title: string; inputs: StepsRunbook['inputs']; problem?: string }[]> {
  const all = await runbookFiles(place);
  return Promise.all(
    all.map(async (found) => {
      const { runbook, mistakes } = await readRunbook(found, place.system);
      const [first] = inOrder(mistakes);
      return runbook === undefined
        ? {
            ...{ name: found.name, title: '', inputs: {} },
            problem: first === undefined ? 'nobody knows why' : mistakeLine(first),
          }
        : { name: found.name, title: runbook.title, inputs: runbook.inputs };
    }),
  );
}

/** The names of the runbooks of a system, those too that do not load, in their order. */
export async function runbookNames(place: Pick<RunbookPlace, 'dir' | 'names'>): Promise<string[]> {
  return (await runbookFiles(place)).map(({ name }) => name);
}

/** Every mistake in the runbooks of a system, and files there that cannot be runbooks. */
export async function runbookMistakes(place: RunbookPlace): Promise<Mistake[]> {
  const all = await runbookFiles(place);
  const found = await Promise.all(all.map(async (one) => readRunbook(one, place.system)));
  return found.flatMap(({ mistakes }) => mistakes);
}

/** What the commands of runbooks that load start and that is not there. `folder`: where they are started. */
export async function runbookWarnings(
  place: RunbookPlace,
  folder: string,
  searchPath: string,
): Promise<Mistake[]> {
  const all = await runbookFiles(place);
  const found = all.map(async (one) => {
    const { runbook, root } = await readRunbook(one, place.system);
    if (runbook === undefined || root === undefined) return [];
    const doubts = await runbookPrograms(runbook, folder, searchPath);
    return doubts.map(({ path, message }) => mistakeAt(root, path, message));
  });
  return (await Promise.all(found)).flat();
}

async function readRunbook(
  { name, path, file }: Found,
  system: System,
): Promise<{ runbook?: StepsRunbook; root?: Located; mistakes: Mistake[] }> {
  const wrong = (message: string) => ({ mistakes: [{ file, line: 1, path: '', message }] });
  if (!NAME.test(name))
    return wrong(`the file cannot be the name of a runbook; write ${NAME_ALLOWED}`);
  const bytes = await readFor(dirname(path), basename(path)).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  if (typeof bytes === 'string') return wrong(`cannot be read (${bytes})`);
  const yaml = readYaml(bytes, file);
  if ('mistakes' in yaml) return yaml;
  const value = plain(yaml.root);
  const parsed = runbookSchema.safeParse(value);
  const remarks = parsed.success
    ? runbookRemarks(parsed.data, system)
    : issueMistakes(parsed.error.issues, value, (at) => nodeAt(runbookJsonSchema(), at));
  const mistakes = remarks.map((one) => mistakeAt(yaml.root, one.path, one.message));
  return parsed.success && mistakes.length === 0
    ? { runbook: parsed.data, root: yaml.root, mistakes }
    : { mistakes };
}

let known: ReturnType<typeof jsonSchemaOf> | undefined;

/** The JSON Schema of a runbook of steps. */
export function runbookJsonSchema(): ReturnType<typeof jsonSchemaOf> {
  known ??= jsonSchemaOf(runbookSchema);
  return known;
}

/** The same, for editors: `fairlead schema runbook`. */
export function runbookEditorSchema(): ReturnType<typeof jsonSchemaOf> {
  const title = 'A runbook of steps of Fairlead: systems/<name>/runbooks/<runbook>.yaml';
  return editorSchemaOf(runbookSchema, title);
}

async function runbookFiles({ dir, names }: Pick<RunbookPlace, 'dir' | 'names'>): Promise<Found[]> {
  const found = new Map<string, Found>();
  for (const system of names) {
    const folder = join(dir, system, FOLDER);
    for (const entry of await filesIn(folder)) {
      const name = entry.replace(ENDING, '');
      const file = `${basename(resolve(dir))}/${system}/${FOLDER}/${entry}`;
      if (!found.has(name)) found.set(name, { name, path: join(folder, entry), file });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** None where there is no such folder. */
async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((one) => !one.isDirectory() && ENDING.test(one.name));
    return files.map(({ name }) => name);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure('NotFound', `cannot read the runbooks in ${folder} (${why})`);
  }
}
