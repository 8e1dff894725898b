// The program helm, without a shell: what a release is, what an upgrade would make of it, and how it is brought there. Helm
// keeps its revisions in Secrets of the namespace; they are read and written by helm alone.
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { Failure } from '../../../domain/failure.ts';
import { parsedJson } from '../../../domain/json.ts';
import type { ImageProgram } from '../../../domain/rollout/model.ts';
import { reasonIn } from '../../../domain/text/reason-line.ts';
import { signalGroup } from '../../../machine/process-identity.ts';
import type { Waiting } from '../../../ports/waiting.ts';
import type { HelmSettings, KubernetesSettings } from '../settings.ts';
import { objectShape, type ReleaseObject, type Stable, type StableRevision } from './stable.ts';

/** How long (s) helm waits for a hook of a chart, such as a migration. */
export const HOOK_SECONDS = 300;
const BEAT_MS = 1_000;
/** Of its own history: as much as Helm keeps by itself. */
const MOST_REVISIONS = 10;
/** Characters of a release's manifest as YAML; Helm keeps at most a megabyte of it, compressed. */
const LONGEST_MANIFEST = 16_000_000;

const revisionShape = z.object({
  revision: z.number(),
  updated: z.string(),
  status: z.string(),
  description: z.string(),
}) satisfies z.ZodType<StableRevision>;

const renderedShape = z.object({
  manifest: z.string(),
  hooks: z
    .array(z.object({ name: z.string(), kind: z.string(), events: z.array(z.string()) }))
    .nullish(),
});

export interface HelmInput {
  settings: KubernetesSettings;
  /** The folder of the system. */
  directory: string;
  /** The file to read in the place of what KUBECONFIG says. */
  kubeconfig: string | undefined;
  what: string;
  waiting: Waiting;
}

export function helmOf(
  helm: HelmSettings,
  { settings: { context, namespace }, directory, kubeconfig, what, waiting }: HelmInput,
): Stable {
  const { signal, beat } = waiting;
  const { release } = helm;
  const common = [
    ...['--namespace', namespace],
    ...(context === 'in-cluster' ? [] : ['--kube-context', context]),
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
  ];
  const run = (args: readonly string[], goesOn = false) =>
    ran([...args, ...common], { what, signal, beat, goesOn });
  const upgrading = (image: ImageProgram): string[] => [
    ...['upgrade', release, resolve(directory, helm.chart), '--reset-then-reuse-values'],
    ...helm.values.flatMap((file) => ['--values', resolve(directory, file)]),
    ...['--set-string', `${helm.imageKey}=${tagOf(image, what)}`],
  ];
  const patient = ['--timeout', `${HOOK_SECONDS}s`];
  return {
    settings: helm,
    key: release,
    called: `the Helm release ${release}`,
    said: 'kubernetes.helm',
    byHand: { make: 'install it', back: `helm rollback ${release}` },
    numbered: (revision) => `Helm revision ${revision}`,
    async history() {
      const asked = ['history', release, '--max', String(MOST_REVISIONS), '-o', 'json'];
      const text = await unlessGone(run(asked));
      return text === undefined ? [] : told(z.array(revisionShape), text, what);
    },
    preview: once(
      async (image) => {
        const text = await run([...upgrading(image), '--dry-run=server', '-o', 'json']);
        const { manifest, hooks } = told(renderedShape, text, what);
        return {
          objects: objectsIn(manifest),
          hooks: (hooks ?? []).map(
            ({ kind, name, events }) => `${kind} ${name} (${events.join(', ')})`,
          ),
        };
      },
      ({ reference }) => reference,
    ),
    manifest: once(async (revision) => {
      const asked = ['get', 'manifest', release, '--revision', String(revision)];
      const text = await unlessGone(run(asked));
      return text === undefined ? undefined : objectsIn(text);
    }, String),
    async upgrade(image) {
      await run([...upgrading(image), ...patient], true);
    },
    async rollback(revision) {
      await run(['rollback', release, String(revision), ...patient], true);
    },
  };
}

/** Asks once for each name that `nameOf` gives what is asked for. */
function once<Asked, Answer>(
  ask: (asked: Asked) => Promise<Answer>,
  nameOf: (asked: Asked) => string,
): (asked: Asked) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>();
  return (asked) => {
    const name = nameOf(asked);
    const answer = answers.get(name) ?? ask(asked);
    answers.set(name, answer);
    return answer;
  };
}

/** A change that is under way, or was cut off. */
export function isPending({ status }: StableRevision): boolean {
  return status.startsWith('pending');
}

export function pendingWords(
  release: string,
  { revision, status, updated, description }: StableRevision,
): string {
  return `Helm revision ${revision} of ${release} is ${status} since ${updated} (${description})`;
}

/** As `pendingWords`, of a change that Fairlead did not begin. */
export function strangerWords(release: string, pending: StableRevision): string {
  return `${pendingWords(release, pending)}, and is not Fairlead's; wait until it is done, or end it by helm rollback`;
}

/** What follows the last colon of an image; undefined for one that has no tag, or a digest. */
export function tagIn(reference: string): string | undefined {
  return /^[^@]*:([\w][\w.-]{0,127})$/.exec(reference)?.[1];
}

/** Throws BadInput for an image without a tag. */
function tagOf({ reference }: ImageProgram, what: string): string {
  const tag = tagIn(reference);
  if (tag !== undefined) return tag;
  throw new Failure(
    'BadInput',
    `${what}: the image ${reference} has no tag, which the chart's value takes; write image: NAME:{version}`,
  );
}

/** No release, or no such revision of it. */
async function unlessGone(asking: Promise<string>): Promise<string | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof Failure && /release: not found/.test(error.message)) return undefined;
    throw error;
  }
}

/** A field that a template leaves empty is null, and the API server takes that for none. Throws Broken for what is no YAML. */
export function objectsIn(manifest: string): ReleaseObject[] {
  if (manifest.length > LONGEST_MANIFEST) throw unreadable(`it has ${manifest.length} characters`);
  return documentsIn(manifest).flatMap((one) => {
    const { success, data } = objectShape.safeParse(withoutNulls(one));
    return success ? [data] : [];
  });
}

/** Aliases may be left without what they mean, or multiply; the library throws errors of its own then. */
function documentsIn(manifest: string): unknown[] {
  try {
    return parseAllDocuments(manifest).map((one) => one.toJS() as unknown);
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error));
  }
}

function unreadable(why: string): Failure {
  return new Failure(
    'Broken',
    `reading the manifest of a Helm release: ${why}; look at it with helm get manifest`,
  );
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(fields.map(([name, one]) => [name, withoutNulls(one)]));
}

function told<Shape extends z.ZodType>(shape: Shape, text: string, what: string) {
  const { success, data, error } = shape.safeParse(parsedJson(text));
  if (success) return data;
  throw new Failure(
    'Broken',
    `${what}: helm's answer is not what this version understands (${z.prettifyError(error).slice(0, 300)}); Fairlead needs Helm 3.14 or later`,
  );
}

/**
 * In a process group of its own, with the environment of the worker: a kubeconfig may start a program that needs it. What
 * changes a release goes on when the worker ends (`goesOn`): one that was cut off would count as failed.
 */
async function ran(
  args: readonly string[],
  { what, signal, beat, goesOn }: { what: string; goesOn: boolean } & Waiting,
): Promise<string> {
  signal.throwIfAborted();
  const child = execa('helm', args, {
    cwd: tmpdir(),
    detached: true,
    cleanup: false,
    stdin: 'ignore',
    reject: false,
  });
  const aborted = new Promise<never>((_, failed) => {
    const leave = (): void => {
      if (goesOn) child.unref();
      else if (child.pid !== undefined) signalGroup(child.pid, 'SIGTERM');
      failed(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    signal.addEventListener('abort', leave, { once: true });
    void child.finally(() => {
      signal.removeEventListener('abort', leave);
    });
  });
  const beating = setInterval(() => {
    beat({ helm: args[0] });
  }, BEAT_MS);
  try {
    const { exitCode, stdout, stderr, originalMessage, code } = await Promise.race([
      child,
      aborted,
    ]);
    if (exitCode === 0) return stdout;
    if (code === 'ENOENT') {
      throw new Failure(
        'NotFound',
        `${what}: there is no program helm on the worker's PATH; install Helm 3.14 or later there`,
      );
    }
    const said = reasonIn(stderr).reason || (originalMessage ?? `it ended with code ${exitCode}`);
    throw new Failure(kindOf(stderr), `${what}: helm ${args[0]} ${args[1]}: ${said}`);
  } finally {
    clearInterval(beating);
  }
}

/** What passes by itself is tried again. */
function kindOf(said: string): 'Unavailable' | 'CheckFailed' {
  return /cluster unreachable|connection refused|i\/o timeout|TLS handshake|etcdserver|try again|another operation .* in progress/i.test(
    said,
  )
    ? 'Unavailable'
    : 'CheckFailed';
}
