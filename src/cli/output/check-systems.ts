// What `fairlead check` does: reads the systems folder and says every mistake. Loaded when it is asked for, because the
// shapes of system files take longer to load than all the rest of the command line.
import { resolve } from 'node:path';
import { capabilitiesOf } from '../../config/kinds.ts';
import { checkSystem, loadSystem, warningsOf } from '../../config/load.ts';
import { shownFile } from '../../config/reading/base-chain.ts';
import { mistakeLine, type Mistake } from '../../config/reading/mistake.ts';
import type { Service } from '../../config/system.ts';
import { systemNames } from '../../config/system-names.ts';
import {
  neededWords,
  requestsNeeded,
  type RequestsNeeded,
} from '../../domain/analysis/requests-needed.ts';
import { lackingWords } from '../../domain/rollout/capabilities.ts';
import type { ServicePlatform } from '../../domain/rollout/model.ts';
import { NAME_ALLOWED } from '../../domain/text/names.ts';
import { serviceUser } from '../../machine/service-user.ts';
import type { CommonOptions } from '../command-options.ts';
import { EXIT, ExitError } from '../exit.ts';
import { printJson, printText } from './print.ts';

interface Checked {
  system: string;
  /** Null when the system does not load. */
  digest: string | null;
  mistakes: Mistake[];
  /** What may not do what was meant; a system with warnings is good all the same. */
  warnings: Mistake[];
  /** What each service runs on, and what that can do; absent when the system does not load. */
  platforms?: Record<string, ServicePlatform>;
  /** How many requests the shares of its analyses take; absent when the system does not load. */
  requests?: RequestsNeeded[];
  /** Services of the platform local whose processes run as the user that checks: who could sign records as Fairlead does. */
  sameUser?: string[];
}

/** Prints all mistakes on stdout; throws ExitError (2) when there are any, Failure NotFound for no such system. */
export async function check(
  dir: string,
  system: string | undefined,
  options: CommonOptions,
): Promise<void> {
  const checked = system === undefined ? await checkAll(dir) : [await checkOne(dir, system)];
  const mistakes = checked.flatMap((one) => one.mistakes);
  if (options.json === true) {
    printJson({ schema: 'fairlead/check/v1', ok: mistakes.length === 0, systems: checked });
  } else {
    for (const one of checked) printText(described(one));
  }
  if (mistakes.length > 0) {
    const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`;
    throw new ExitError(EXIT.badInput, `${count} in the system files of ${dir}`);
  }
}

async function checkAll(dir: string): Promise<Checked[]> {
  const { names, unusable } = await systemNames(dir);
  if (names.length + unusable.length === 0) {
    const message = `no systems in ${dir}: a system is a folder with a system.yaml; name another place by --systems`;
    throw new ExitError(EXIT.badInput, message);
  }
  const checked = await Promise.all(names.map((name) => checkOne(dir, name)));
  return [...checked, ...unusable.map((name) => unusableFolder(dir, name))];
}

async function checkOne(dir: string, name: string): Promise<Checked> {
  const mistakes = await checkSystem(dir, name);
  const warnings = await warningsOf(dir, name, process.env);
  if (mistakes.length > 0) return { system: name, digest: null, mistakes, warnings };
  const { digest, system } = await loadSystem(dir, name);
  const platforms = Object.entries(system.services).map(([service, config]) => {
    return [service, { kind: config.platform, ...capabilitiesOf(config) }] as const;
  });
  const requests = requestsNeeded(system.analyses);
  const checked = { system: name, digest, mistakes, warnings, requests };
  const sameUser = await runAsChecker(system.services, dir, name);
  return { ...checked, platforms: Object.fromEntries(platforms), sameUser };
}

async function runAsChecker(
  services: Readonly<Record<string, Service>>,
  dir: string,
  name: string,
): Promise<string[]> {
  const local = Object.entries(services).filter(
    ([, one]) => capabilitiesOf(one).program === 'command',
  );
  const found = await Promise.all(
    local.map(async ([service, { user, directory }]) => {
      const at = resolve(dir, name, directory);
      return (await runsAsAnother(user, at)) ? [] : [service];
    }),
  );
  return found.flat();
}

/** Whether root starts the processes of a service as somebody else. */
function runsAsAnother(user: string | undefined, directory: string): Promise<boolean> {
  return serviceUser({ directory, ...(user !== undefined && { user }) }).then(
    (found) => found !== undefined,
    () => false,
  );
}

function unusableFolder(dir: string, name: string): Checked {
  const message = `the folder cannot be the name of a system; write ${NAME_ALLOWED}`;
  const mistake = { file: shownFile(dir, name), line: 1, path: 'system', message };
  return { system: name, digest: null, mistakes: [mistake], warnings: [] };
}

function described({
  system,
  digest,
  mistakes,
  warnings,
  platforms = {},
  requests = [],
  sameUser = [],
}: Checked): string {
  const good = digest === null ? [] : [`${system}: good (digest ${digest.slice(0, 12)})`];
  const less = Object.entries(platforms).flatMap(([service, platform]) =>
    lackingLines(`${system}/${service}`, platform),
  );
  const needed = requests.map((one) => `  ${neededWords(one)}`);
  const doubts = warnings.map((one) => `warning: ${mistakeLine(one)}`);
  const said = [...less, ...needed, ...sameLine(sameUser), ...doubts];
  return [...mistakes.map(mistakeLine), ...good, ...said].join('\n');
}

function sameLine(services: readonly string[]): string[] {
  if (services.length === 0) return [];
  const whose = process.getuid?.() === 0 ? ' (root)' : '';
  return [
    `  run as the user of Fairlead${whose}, so that its signature proves nothing against them: ${services.join(', ')}`,
  ];
}

/** What cannot be asked for there, although the file is good. */
function lackingLines(what: string, platform: ServicePlatform): string[] {
  const lacking = lackingWords(platform);
  return lacking.length === 0 ? [] : [`  ${what} runs on ${platform.kind}: ${lacking.join(', ')}`];
}
