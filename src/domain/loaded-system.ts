// What loading a system file gives: activities load it once, plans and operations work with it.
import type { Setting, System } from '../config/system.ts';
import type { Step, StepsRunbook } from '../config/steps/runbook-schema.ts';
import type { BoundPlaces } from './recovery/binding.ts';

/** A system file as an operation works with it from start to end. */
export interface LoadedSystem {
  name: string;
  /** Absolute folder that commands, files and checks are relative to. */
  directory: string;
  /** SHA-256 (hex) over the RFC 8785 form of `system`. */
  digest: string;
  system: System;
  /** Where its datastores are today; read when a plan is made, and no part of the digest. */
  places?: BoundPlaces;
  /** Present where the file does not load and this was kept of it before: a sentence that says so. */
  instead?: string;
  /** The runbook of steps that the operation carries out; absent for every other operation. */
  runbook?: LoadedRunbook;
}

/** A runbook of steps as an operation works with it from start to end. */
export interface LoadedRunbook {
  /** The name of its file, without the ending. */
  name: string;
  /** As messages show it: `systems/shop/runbooks/errors.yaml`. */
  file: string;
  /** SHA-256 (hex) over the RFC 8785 form of `runbook`. */
  digest: string;
  runbook: StepsRunbook;
}

/** As much of a loaded system as it takes to look its secrets up: references and where they stand, and no secret. */
export interface SecretSource {
  name: string;
  directory: string;
  references: {
    where: string;
    reference: Exclude<Setting, string | number | boolean>;
    /** True for the secrets of a datastore: a missing one stops backups, and no deploy. */
    optional?: true;
  }[];
}

/** Small enough to go with every activity. */
export function secretSource({ name, directory, system, runbook }: LoadedSystem): SecretSource {
  const settings = [...settingsOf(system), ...(runbook === undefined ? [] : stepSettings(runbook))];
  const references = settings.flatMap(([where, reference]) =>
    typeof reference === 'object' ? [{ where, reference }] : [],
  );
  const optional = true as const;
  const stores = datastoreSettings(system).map((one) => ({ ...one, optional }));
  return { name, directory, references: [...references, ...stores] };
}

/** Every setting of a system that may be a reference, with its path. */
function settingsOf({
  services,
  analyses,
  notify = {},
}: System): [where: string, setting: Setting][] {
  const under = (path: string, settings: Record<string, Setting>): [string, Setting][] =>
    Object.entries(settings).map(([key, setting]) => [`${path}.${key}`, setting]);
  return [
    ...Object.entries(services).flatMap(([name, { configuration }]) =>
      under(`services.${name}.configuration`, configuration),
    ),
    ...Object.entries(analyses).flatMap(([name, { headers = {}, bearerToken }]) => [
      ...under(`analyses.${name}.headers`, headers),
      ...(bearerToken === undefined ? [] : under(`analyses.${name}`, { bearerToken })),
    ]),
    ...Object.entries(notify).flatMap(([name, { url, headers = {}, user, password }]) => [
      ...under(`notify.${name}.headers`, headers),
      ...under(`notify.${name}`, {
        ...(url !== undefined && { url }),
        ...(user !== undefined && { user }),
        ...(password !== undefined && { password }),
      }),
    ]),
  ];
}

/** Every setting of a runbook of steps that may be a reference, with its path. */
function stepSettings({ name, runbook }: LoadedRunbook): [where: string, setting: Setting][] {
  return runbook.steps.flatMap((step) =>
    asksOf(step).flatMap(({ environment = {}, http, query }) => {
      const where = `runbooks.${name}.${step.id}`;
      const headers = typeof http === 'object' ? (http.headers ?? {}) : {};
      const settings = { ...environment, ...headers };
      return [
        ...Object.entries(settings).map(([key, one]): [string, Setting] => [
          `${where}.${key}`,
          one,
        ]),
        ...(query?.password === undefined
          ? []
          : [[`${where}.query.password`, query.password] as [string, Setting]]),
      ];
    }),
  );
}

/** Everything that a step starts, fetches or asks. */
function asksOf(step: Step) {
  const { look, parallel = [], when, wait, undo } = step;
  const check = step.do?.check;
  return [
    ...[look, step.do, when, wait?.until].flatMap((one) => one ?? []),
    ...parallel.map((one) => one.look),
    ...(typeof check === 'object' ? [check] : []),
    ...(typeof undo === 'object' ? [undo] : []),
  ];
}

function datastoreSettings({ datastores = {} }: System): SecretSource['references'] {
  return Object.entries(datastores).flatMap(
    ([
      name,
      {
        password,
        backup: { encryption },
      },
    ]) => {
      const where = `datastores.${name}`;
      const identity = encryption?.identity;
      return [
        ...(password ? [{ where: `${where}.password`, reference: password }] : []),
        ...(identity
          ? [{ where: `${where}.backup.encryption.identity`, reference: identity }]
          : []),
      ];
    },
  );
}
