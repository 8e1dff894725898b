// The forms of names, each written once: of systems and services, versions and people. They end in workflow ids,
// search attributes, URLs and file names.

/** `constructor` is what every object of the language has, declared or not. */
export const NAME = /^(?!constructor$)[a-z][a-z0-9-]{0,62}$/;
export const NAME_ALLOWED =
  'a name of 1 to 63 lower-case letters, digits and hyphens, a letter first, not constructor';

export const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
export const VERSION_ALLOWED =
  '1 to 128 letters, digits, dots, underscores and hyphens, a letter or digit first';

/** A person, or a pipeline such as `ci@build/7`. */
export const PERSON = /^[A-Za-z0-9][A-Za-z0-9._@:/-]{0,127}$/;
export const PERSON_ALLOWED =
  'the name of a person or a pipeline, without spaces: letters, digits and . _ @ : / -';

const RUN_NAME_LENGTH = 12;

/** What ends the names of all that one run makes. A run's id begins with the time, which runs of one minute share. */
export function runName(runId: string): string {
  return runId.replaceAll(/[^A-Za-z0-9]/g, '').slice(-RUN_NAME_LENGTH);
}

/** The first words of operation ids: on a command line such a system would be taken for one. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...['deploy', 'plan', 'rollback', 'stop', 'admit', 'scale', 'restart', 'retire', 'inspect'],
  ...['backup', 'verify', 'drill', 'recover', 'maintain', 'lease'],
]);
