// Reads a system's file and those it starts from (`base:`), and merges them: nearest last.
import { basename, join, resolve } from 'node:path';
import type { Failure } from '../../domain/failure.ts';
import { merged, mistakeAt, plain, type Located } from './located.ts';
import type { Mistake } from './mistake.ts';
import { isSystemName, noSuchSystem, systemNames } from '../system-names.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { listed, shown } from './wording.ts';
import { readFor } from './read-for.ts';
import { readYaml } from './yaml-file.ts';

export interface Chain {
  /** The system itself, then its base, and so on. */
  names: string[];
  root: Located;
}

export type ChainResult = { chain: Chain } | { mistakes: Mistake[] };

/** Throws NotFound when there is no system of that name. */
export async function readChain(dir: string, name: string): Promise<ChainResult> {
  const own = await readSystemFile(dir, name);
  if ('missing' in own) throw own.missing;
  if ('mistakes' in own) return own;
  const names = [name];
  let root = own.root;
  let current = own.root;
  for (let base = baseOf(current); base !== undefined; base = baseOf(current)) {
    const wrong = (message: string): ChainResult => ({
      mistakes: [mistakeAt(current, ['base'], message)],
    });
    if (names.includes(base)) {
      return wrong(
        `the bases go round in a circle (${[...names, base].join(' -> ')}); remove one base`,
      );
    }
    const next = await readSystemFile(dir, base);
    if ('missing' in next) return wrong(await noSuchBase(dir, base, names));
    if ('mistakes' in next) return next;
    names.push(base);
    root = merged(withoutIdentity(next.root), root);
    current = next.root;
  }
  return { chain: { names, root } };
}

type SystemFileResult = { root: Located } | { mistakes: Mistake[] } | { missing: Failure };

async function readSystemFile(dir: string, name: string): Promise<SystemFileResult> {
  if (!isSystemName(name)) return { missing: await noSuchSystem(dir, name) };
  const file = shownFile(dir, name);
  try {
    return readYaml(await readFor(join(dir, name), 'system.yaml'), file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { missing: await noSuchSystem(dir, name) };
    const why = error instanceof Error ? error.message : String(error);
    return { mistakes: [{ file, line: 1, path: '', message: `cannot be read (${why})` }] };
  }
}

/** `systems/shop/system.yaml`, whatever the systems folder is called. */
export function shownFile(dir: string, name: string): string {
  return `${basename(resolve(dir))}/${name}/system.yaml`;
}

/** What is no text is left for the schema to refuse. */
function baseOf(root: Located): string | undefined {
  const base = root.kind === 'map' ? root.entries.get('base') : undefined;
  const value = base && plain(base.value);
  return typeof value === 'string' ? value : undefined;
}

/** `system` and `base` say which file this is: they are not inherited. */
function withoutIdentity(root: Located): Located {
  if (root.kind !== 'map') return root;
  const entries = new Map(root.entries);
  entries.delete('system');
  entries.delete('base');
  return { ...root, entries };
}

async function noSuchBase(dir: string, base: string, names: string[]): Promise<string> {
  const known = (await systemNames(dir)).names.filter((name) => !names.includes(name));
  return `there is no system ${shown(base)}${didYouMean(base, known)}; there are: ${listed(known)}`;
}
