// What `fairlead init` does: guesses, asks where somebody is there to be asked, writes a system file that passes `check`.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { portsIn } from '../../config/load.ts';
import { systemJsonSchema } from '../../config/reading/json-schema.ts';
import { NAME, NAME_ALLOWED, RESERVED_NAMES } from '../../domain/text/names.ts';
import { didYouMean } from '../../domain/text/did-you-mean.ts';
import { EXIT, ExitError } from '../exit.ts';
import { writeText } from '../output/write-text.ts';
import { withQuestions, type Ask, type Question } from './ask.ts';
import { EXAMPLE_VERSIONS, exampleProgram } from './example.ts';
import { KINDS, type WantedData } from './datastore-yaml.ts';
import { guessedFrom, type Guess } from './guess.ts';
import { EXAMPLE_RUNBOOK, runbookYaml } from './runbook-yaml.ts';
import { sayWritten } from './say-written.ts';
import { systemYaml, type Wanted } from './system-yaml.ts';

export interface InitFlags {
  service?: string;
  command?: string;
  port?: number;
  health?: string;
  replicas?: number;
  data?: string;
  datastore?: string;
  approval?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** `systems`: the folder of system files. Throws ExitError: 2 for what is wrong or there already, 130 when it was called off. */
export async function init(
  systems: string,
  named: string | undefined,
  flags: InitFlags,
): Promise<void> {
  const asks =
    process.stdin.isTTY && process.stderr.isTTY && flags.yes !== true && flags.json !== true;
  const { wanted, guess } = asks
    ? await withQuestions((ask) => decided(systems, named, flags, ask))
    : await decided(systems, named, flags, (question) => Promise.resolve(question.usual));
  const file = join(systems, wanted.system, 'system.yaml');
  await write(file, systemYaml(wanted));
  const example = await exampleIn(join(systems, wanted.system), wanted, guess);
  await writeText(
    join(systems, 'system.schema.json'),
    `${JSON.stringify(systemJsonSchema(), null, 2)}\n`,
    'the schema',
  );
  await writeRunbook(systems, wanted);
  await sayWritten({ systems, file, wanted, guess, example, json: flags.json === true });
}

/** An example, where there is no runbook of that name, and its schema. */
async function writeRunbook(systems: string, wanted: Wanted): Promise<void> {
  const file = join(systems, wanted.system, 'runbooks', `${EXAMPLE_RUNBOOK}.yaml`);
  if ((await kindAt(file)) === undefined) await write(file, runbookYaml(wanted));
  const { runbookEditorSchema } = await import('../../config/steps/runbook-file.ts');
  const schema = `${JSON.stringify(runbookEditorSchema(), null, 2)}\n`;
  await writeText(join(systems, 'runbook.schema.json'), schema, 'the schema of runbooks');
}

interface Decided {
  wanted: Wanted;
  guess: Guess;
}

async function decided(
  systems: string,
  named: string | undefined,
  flags: InitFlags,
  ask: Ask,
): Promise<Decided> {
  const system = await given(named, ask, {
    words: 'What is the system called?',
    usual: nameFrom(basename(resolve('.'))),
    problem: systemProblem,
  });
  const folder = join(systems, system);
  await refuseOverwriting(join(folder, 'system.yaml'));
  const guess = await guessed(folder);
  const answers = await answersFor(flags, ask, { systems, folder, guess });
  return { wanted: { system, ...answers, replicas: flags.replicas ?? 2 }, guess };
}

async function answersFor(
  flags: InitFlags,
  ask: Ask,
  { systems, folder, guess }: { systems: string; folder: string; guess: Guess },
): Promise<Omit<Wanted, 'system' | 'replicas'>> {
  const service = await given(flags.service, ask, {
    words: 'What is its service called?',
    usual: 'web',
    problem: (text) => (NAME.test(text) ? undefined : `write ${NAME_ALLOWED}`),
  });
  const command = await given(flags.command, ask, {
    words: 'What starts it? ({version} stands for the version)',
    usual: (guess.command ?? ['node', '{version}.mjs']).join(' '),
    problem: commandProblem,
  });
  const port = await given(flags.port?.toString(), ask, {
    words: 'Which port do users come to?',
    usual: String(await freePort(systems)),
    problem: (text) => (isPort(text) ? undefined : 'write a number between 1 and 65535'),
  });
  const health = await given(flags.health, ask, {
    words: 'Which path tells that it can answer?',
    usual: guess.health,
    problem: (text) => (/^\/\S*$/.test(text) ? undefined : 'write a path such as /health'),
  });
  const data = await dataFor(flags, ask, folder);
  const asks = await given(yesOrNo(flags.approval), ask, {
    words: 'Is a person asked before more users get a new version?',
    usual: 'yes',
    problem: (text) => (/^(?:y|yes|n|no)$/i.test(text) ? undefined : 'write yes or no'),
  });
  return {
    ...{ service, command: wordsOf(command), port: Number(port), health, asks: /^y/i.test(asks) },
    ...(data && { data }),
  };
}

/** A database by its kind, or a folder; undefined where nothing is to be backed up. */
async function dataFor(
  flags: InitFlags,
  ask: Ask,
  folder: string,
): Promise<WantedData | undefined> {
  const { datastore } = flags;
  if (datastore !== undefined) {
    const kind = KINDS.find((one) => one === datastore);
    if (kind === undefined) {
      const near = didYouMean(datastore, KINDS);
      const message = `--datastore ${datastore}: it is none of the kinds ${KINDS.join(', ')}${near}`;
      throw new ExitError(EXIT.badInput, message);
    }
    if (kind !== 'files') {
      if (flags.data === undefined) return { kind };
      const message = `--data names a folder, and --datastore says ${kind}: give one of them`;
      throw new ExitError(EXIT.badInput, message);
    }
  }
  const isThere = datastore === 'files' || isFolder(await kindAt(join(folder, 'data')));
  const directory = await given(flags.data, ask, {
    words: `Which folder of data is to be backed up? (in ${folder}; none for none)`,
    usual: isThere ? 'data' : 'none',
    problem: dataProblem,
  });
  if (directory !== 'none') return { kind: 'files', directory };
  if (datastore === undefined) return undefined;
  const message = `--datastore files: it needs a folder, and the one that was named is none: name it, or leave out --datastore`;
  throw new ExitError(EXIT.badInput, message);
}

/** What a flag says, or else the answer. */
async function given(flag: string | undefined, ask: Ask, question: Question): Promise<string> {
  if (flag === undefined) {
    const answer = await ask(question);
    const wrong = question.problem(answer);
    if (wrong === undefined) return answer;
    throw new ExitError(EXIT.badInput, `${question.words} ${answer}: ${wrong}`);
  }
  const wrong = question.problem(flag);
  if (wrong === undefined) return flag;
  throw new ExitError(EXIT.badInput, `${question.words} ${flag}: ${wrong}`);
}

function systemProblem(name: string): string | undefined {
  if (RESERVED_NAMES.has(name)) return `${name} is the name of an operation; write another name`;
  return NAME.test(name) ? undefined : `write ${NAME_ALLOWED}`;
}

/** A folder's name as the name of a system: `My Shop` becomes `my-shop`. */
function nameFrom(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  return systemProblem(name) === undefined ? name : 'shop';
}

function yesOrNo(flag: boolean | undefined): string | undefined {
  if (flag === undefined) return undefined;
  return flag ? 'yes' : 'no';
}

/** An answer to another question: a port, say. */
function commandProblem(text: string): string | undefined {
  const [program] = wordsOf(text);
  if (program === undefined) return 'write the program and its arguments';
  return /^[\d.:]+$/.test(program)
    ? `${program} is a number, and no program: write what starts it, such as node {version}.mjs`
    : undefined;
}

function wordsOf(command: string): string[] {
  return command.split(/\s+/).filter((one) => one !== '');
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function dataProblem(folder: string): string | undefined {
  const inside = !folder.startsWith('/') && !folder.split('/').includes('..');
  return inside ? undefined : 'write a folder inside that of the system';
}

const FIRST_PORT = 8000;

/** The first from 8000 on that no other system has. */
async function freePort(systems: string): Promise<number> {
  const taken = new Set(await portsIn(systems));
  let port = FIRST_PORT;
  while (taken.has(port)) port += 1;
  return port;
}

/** The program lies beside the system file, or where the command was typed. */
async function guessed(folder: string): Promise<Guess> {
  const own = await guessedFrom(folder, '');
  return own.command === undefined ? guessedFrom('.', relative(folder, '.')) : own;
}

async function kindAt(path: string): Promise<'folder' | 'other' | undefined> {
  return stat(path).then(
    (one) => (one.isDirectory() ? 'folder' : 'other'),
    () => undefined,
  );
}

function isFolder(kind: Awaited<ReturnType<typeof kindAt>>): boolean {
  return kind === 'folder';
}

function thereAlready(file: string): ExitError {
  return new ExitError(
    EXIT.badInput,
    `${file} is there already, and nothing was written: choose another name, or change that file`,
  );
}

async function refuseOverwriting(file: string): Promise<void> {
  if ((await kindAt(file)) !== undefined) throw thereAlready(file);
}

async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw thereAlready(file);
    const said = error instanceof Error ? error.message : String(error);
    throw new ExitError(
      EXIT.badInput,
      `writing ${file}: ${said}; name a folder that you may write to by --systems`,
    );
  }
}

/** Two versions to try, where nothing was found that could be started. */
async function exampleIn(folder: string, { command }: Wanted, guess: Guess): Promise<string[]> {
  if (guess.command !== undefined || command.join(' ') !== 'node {version}.mjs') return [];
  for (const version of EXAMPLE_VERSIONS) {
    await write(join(folder, `${version}.mjs`), exampleProgram(version));
  }
  return [...EXAMPLE_VERSIONS];
}
