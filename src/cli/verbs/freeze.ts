// `fairlead freeze` and `fairlead thaw`: for its time no change goes forward in a system, or in any.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { withCommon, type CommonOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import type { Temporal } from '../temporal/connect.ts';

interface ScopeOptions extends CommonOptions {
  all?: boolean;
  reason?: string;
}

interface FreezeOptions extends ScopeOptions {
  until?: string;
  wait?: boolean;
  timeout?: string;
}

const SYSTEM = 'SYSTEM, or --all for every system';
const LOOK_EVERY_MS = 500;
const ANSWER_MS = 4_000;

export function register(program: Command): void {
  const freeze = program
    .command('freeze')
    .argument('[system]', SYSTEM)
    .description('hold deploys, restarts, scales and removals of SYSTEM until a time')
    .option('--all', 'of every system')
    .option('--until <time>', 'when it ends by itself, with its zone: 2027-01-04T08:00:00Z')
    .option('--reason <text>', 'why; whoever is held reads it')
    .option('--no-wait', 'return at once, while a change that had begun may still go on')
    .option('--timeout <duration>', 'return with exit code 9 when that goes on after, say, 10m');
  withCommon(freeze, [
    'freeze shop --until 2027-01-04T08:00:00+01:00 --reason holidays',
    'freeze --all --until 2027-01-04T08:00:00Z --reason "the data centre moves"',
  ]).action(freezeScope);
  const thaw = program
    .command('thaw')
    .argument('[system]', SYSTEM)
    .description('end a freeze of SYSTEM that people took')
    .option('--all', 'the freeze of every system; those of single systems stay')
    .option('--reason <text>', 'why, for the record');
  withCommon(thaw, ['thaw shop', 'thaw --all --reason "moved earlier"']).action(thawScope);
}

async function freezeScope(system: string | undefined, options: FreezeOptions): Promise<void> {
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { durationFlag } = await import('../flags.ts');
  const { parseFreeze } = await import('../../domain/time/freeze.ts');
  const { takeFreeze } = await import('../temporal/freezes.ts');
  const { refuseUnknownSystem } = await import('../output/system-status.ts');
  const { printJson, printText } = await import('../output/print.ts');
  const of = await scopeAsked(system, options);
  const requestedBy = actorName(options.as);
  const { until, reason } = await typed(options);
  const { timeout } = options;
  const within = timeout === undefined ? undefined : durationFlag('--timeout', timeout);
  const request = parseFreeze({ ...of, until, reason, requestedBy }, Date.now());
  await withTemporal(requestedBy, async (temporal) => {
    if (of.system !== undefined) await refuseUnknownSystem(temporal, of.system);
    const taken = await takeFreeze(temporal, request);
    const state = options.wait === false ? undefined : await untilFrozen(temporal, taken, within);
    if (options.json === true) printJson({ ...taken, ...state });
    else printText(await frozenText(taken, state));
  });
}

/** What is missing or makes no sense is named as it was typed. Throws ExitError (2). */
async function typed({
  until,
  reason = '',
}: FreezeOptions): Promise<{ until: string; reason: string }> {
  const { timeWithZone, UNTIL_ALLOWED } = await import('../../domain/time/freeze.ts');
  const { describeValue } = await import('../../domain/text/describe-value.ts');
  if (until === undefined) {
    throw new ExitError(
      EXIT.badInput,
      'freeze needs --until: a freeze without an end is forgotten',
    );
  }
  if ((timeWithZone(until) ?? 0) <= Date.now()) {
    throw new ExitError(
      EXIT.badInput,
      `--until is ${describeValue(until)}, allowed: ${UNTIL_ALLOWED}`,
    );
  }
  if (reason.trim() === '') {
    throw new ExitError(EXIT.badInput, 'freeze needs --reason: whoever is held wants to know why');
  }
  return { until, reason };
}

async function scopeAsked(
  system: string | undefined,
  { all }: ScopeOptions,
): Promise<{ system?: string; all?: true }> {
  const { systemName } = await import('../ids.ts');
  if ((system === undefined) === (all === true)) {
    return system === undefined ? { all: true } : { system: systemName(system) };
  }
  throw new ExitError(EXIT.badInput, 'name one SYSTEM, or say --all for every system');
}

type Frozen = import('../../domain/time/freeze.ts').FreezeState;
type Freeze = import('../../domain/time/freeze.ts').Freeze;

async function untilFrozen(
  temporal: Temporal,
  taken: Freeze,
  withinMs: number | undefined,
): Promise<Frozen> {
  const { askFreeze } = await import('../temporal/freezes.ts');
  const { hasWorker, noWorker } = await import('../temporal/connect.ts');
  const { progress } = await import('../output/print.ts');
  const { freezeWords } = await import('../../domain/time/freeze.ts');
  const began = performance.now();
  for (let isSaid = false; ;) {
    const state = await askFreeze(temporal, taken.scope, ANSWER_MS);
    if (state?.frozen === true) return state;
    if (state === undefined && !(await hasWorker(temporal))) {
      const text = `${freezeWords(taken)}; whether a change had begun nobody can say: ${noWorker(temporal)}`;
      throw new ExitError(EXIT.noAnswer, text);
    }
    const spent = performance.now() - began;
    if (withinMs !== undefined && spent > withinMs) {
      const text = `${freezeWords(taken)}; a change that had begun before still goes on`;
      throw new ExitError(EXIT.stillRunning, text);
    }
    if (!isSaid && spent > ANSWER_MS / 2) {
      isSaid = true;
      progress(`${freezeWords(taken)}; waits for the end of what is being changed`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

async function frozenText(taken: Freeze, state: Frozen | undefined): Promise<string> {
  const { freezeWords } = await import('../../domain/time/freeze.ts');
  const words = freezeWords(state ?? taken);
  if (state === undefined) return words;
  const held = state.held.length === 0 ? 'nothing was under way' : `held: ${state.held.join(', ')}`;
  return `${words}\n  nothing is being changed; ${held}`;
}

async function thawScope(system: string | undefined, options: ScopeOptions): Promise<void> {
  const { withTemporal } = await import('../temporal/connect.ts');
  const { actorName } = await import('../identity.ts');
  const { EVERY_SYSTEM, freezeWords } = await import('../../domain/time/freeze.ts');
  const { endFreeze, freezesOver } = await import('../temporal/freezes.ts');
  const { refuseUnknownSystem } = await import('../output/system-status.ts');
  const { printJson, printText } = await import('../output/print.ts');
  const asked = await scopeAsked(system, options);
  const scope = asked.system ?? EVERY_SYSTEM;
  const actor = actorName(options.as);
  const { reason } = options;
  await withTemporal(actor, async (temporal) => {
    const freezes = await freezesOver(temporal, scope);
    const own = freezes.find((one) => one.scope === scope && one.takenBy === 'people');
    const others = freezes.filter((one) => one !== own);
    if (own === undefined && asked.system !== undefined) {
      await refuseUnknownSystem(temporal, asked.system);
    }
    if (own === undefined && others.length > 0) throw new ExitError(EXIT.refused, stays(others));
    const end =
      own && (await endFreeze(temporal, scope, { actor, ...(reason !== undefined && { reason }) }));
    if (options.json === true) printJson({ scope, thawed: end ?? null, freezes: others });
    else if (own === undefined) printText(`${named(scope)} not frozen`);
    else {
      const more = others.map((one) => `\n  still: ${freezeWords(one)}`).join('');
      printText(`${named(scope)} thawed; ${own.owner} had frozen it${more}`);
    }
  });

  function stays(others: readonly Freeze[]): string {
    const lines = others.map((one) =>
      one.takenBy === 'operation'
        ? `${freezeWords(one)}; end that operation, or wait for it`
        : `${freezeWords(one)}; end it with "fairlead thaw --all"`,
    );
    return lines.join('\n');
  }

  function named(scope: string): string {
    return scope === EVERY_SYSTEM ? 'every system is' : `${scope} is`;
  }
}
