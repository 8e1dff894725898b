// Changes of the Deployment of one revision: each compares the epoch token that the Deployment has, and names the version of
// it that it read, so that what was asked by an older operation is refused by the API server too.
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../domain/failure.ts';
import { parsedJson } from '../../domain/json.ts';
import type { EpochToken } from '../../domain/rollout/model.ts';
import { passToken } from '../../domain/traffic/epoch-token.ts';
import type { Waiting } from '../../ports/waiting.ts';
import { tokenSchema } from '../revision-schemas.ts';
import { isStatus } from './api.ts';
import type { Cluster } from './cluster.ts';
import { ANNOTATIONS } from './names.ts';
import type { Deployment } from './shapes.ts';

const WRITES = 10;
const GONE_EVERY_MS = 250;

export interface ObjectChange {
  name: string;
  token: EpochToken;
  what: string;
}

/** What a patch of a Deployment may say, beside the token. */
export interface DeploymentPatch {
  replicas?: number;
  /** Of the pod template: a new value replaces the pods. */
  restartedBy?: string;
  /** Of a container, by its name; `settled` is how often Fairlead changed it. */
  image?: { container: string; reference: string; settled: number };
}

/** Passes the token of a Deployment and patches it; `decide` undefined for nothing to change. Throws NotFound. */
export async function patched(
  cluster: Cluster,
  change: ObjectChange,
  decide: (found: Deployment) => DeploymentPatch | undefined,
): Promise<Deployment> {
  for (let writes = 1; ; writes += 1) {
    const found = await requireDeployment(cluster, change);
    requireToken(found, change);
    const patch = decide(found);
    if (patch === undefined) return found;
    try {
      return await cluster.patchDeployment(change.name, bodyOf(found, patch, change.token));
    } catch (error) {
      if (!isStatus(error, 409) || writes === WRITES) throw error;
    }
  }
}

/** Leaves the token on a Deployment that is to get users: a removal that was decided on before is refused from then on. */
export async function stamped(cluster: Cluster, change: ObjectChange): Promise<void> {
  await patched(cluster, change, () => ({}));
}

function bodyOf(
  { metadata: { resourceVersion } }: Deployment,
  { replicas, restartedBy, image }: DeploymentPatch,
  token: EpochToken,
): object {
  const annotations = {
    [ANNOTATIONS.token]: JSON.stringify(token),
    ...(image && { [ANNOTATIONS.settled]: String(image.settled) }),
  };
  const template = {
    ...(restartedBy !== undefined && {
      metadata: { annotations: { [ANNOTATIONS.restartedBy]: restartedBy } },
    }),
    ...(image && { spec: { containers: [{ name: image.container, image: image.reference }] } }),
  };
  return {
    metadata: { resourceVersion, annotations },
    spec: { ...(replicas !== undefined && { replicas }), template },
  };
}

async function requireDeployment(
  cluster: Cluster,
  { name, what }: ObjectChange,
): Promise<Deployment> {
  const found = await cluster.deployment(name);
  if (found !== undefined && found.metadata.deletionTimestamp === undefined) return found;
  throw new Failure(
    'NotFound',
    `${what}: there is no Deployment ${name} in the namespace ${cluster.namespace}; create the revision first`,
  );
}

function requireToken({ metadata }: Deployment, { token, what }: ObjectChange): void {
  const text = metadata.annotations?.[ANNOTATIONS.token];
  const seen = text === undefined ? undefined : tokenSchema.safeParse(parsedJson(text)).data;
  passToken(seen ?? null, token, what);
}

/** Deletes a Deployment and waits until its pods have ended, which takes their notice and their drain. */
export async function deleted(
  cluster: Cluster,
  change: ObjectChange,
  waiting: Waiting,
): Promise<void> {
  for (let writes = 1; ;) {
    const found = await cluster.deployment(change.name);
    if (found === undefined) return;
    if (found.metadata.deletionTimestamp === undefined) {
      requireToken(found, change);
      const { uid, resourceVersion } = found.metadata;
      try {
        await cluster.remove('Deployment', change.name, { uid, resourceVersion });
      } catch (error) {
        // Its status changes all the time; the token says whether anybody else meant it.
        if (!isStatus(error, 409) || writes === WRITES) throw error;
        writes += 1;
      }
      continue;
    }
    waiting.beat({ removing: change.name });
    await sleep(GONE_EVERY_MS, undefined, { signal: waiting.signal });
  }
}
