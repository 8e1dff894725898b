// The forms of names, each written once: of systems and services, versions and people. They end in workflow ids,
// search attributes, URLs and file names.

/** The form of the names of systems, services and datastores. `constructor` is a property of every JavaScript object, declared or not. */
export const NAME = /^(?!constructor$)[a-z][a-z0-9-]{0,62}$/;
export const NAME_ALLOWED =
  'a name of 1 to 63 lower-case letters, digits and hyphens, a letter first, not constructor';

export const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
export const VERSION_ALLOWED =
  '1 to 128 letters, digits, dots, underscores and hyphens, a letter or digit first';

/** The form of the name of a person, or of a pipeline such as `ci@build/7`. */
export const PERSON = /^[A-Za-z0-9][A-Za-z0-9._@:/-]{0,127}$/;
export const PERSON_ALLOWED =
  'the name of a person or a pipeline, without spaces: letters, digits and . _ @ : / -';

/** The form of the public key of a person: 32 bytes in base64. */
export const PUBLIC_KEY = /^ed25519:[A-Za-z0-9+/]{43}=$/;

/** The name of a person as it is written down: in Unicode's form NFKC, without space around it; undefined for no name. */
export function personIn(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value.normalize('NFKC').trim();
  return PERSON.test(name) ? name : undefined;
}

/** Equal for all spellings of one person's name: `Ana`, `ana` and `ANA ` are one person. */
export function personKey(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

export function samePerson(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && personKey(one) === personKey(other);
}

/** Is this person in the list, in whatever spelling? */
export function isAmong(people: readonly string[], person: string): boolean {
  return people.some((one) => samePerson(one, person));
}

const RUN_NAME_LENGTH = 12;

/** The suffix of the names of everything that one run makes: the end of its run id, since runs of one minute share the beginning. */
export function runName(runId: string): string {
  return runId.replaceAll(/[^A-Za-z0-9]/g, '').slice(-RUN_NAME_LENGTH);
}

/** Names that no system may have: operation ids begin with them, and a command line would take such a system for an operation. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  ...[
    'deploy',
    'plan',
    'rollback',
    'stop',
    'admit',
    'scale',
    'scale-back',
    'restart',
    'retire',
    'inspect',
  ],
  ...['backup', 'verify', 'drill', 'recover', 'maintain', 'lease', 'run'],
]);

/** The id of the step that asks who may let a change through while no window is open. */
export const HOTFIX_STEP = 'hotfix';

/** An argument that names a program which an interpreter runs, by its ending. */
export const SCRIPT = /^[^-].*\.(?:[cm]?[jt]s|py|rb|pl|php|sh|jar)$/;
