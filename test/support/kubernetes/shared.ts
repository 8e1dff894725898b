// The one cluster of all test files of a process, begun by the first that asks and ended with the process. Each test works
// in a namespace of its own.
import { after, test, type TestContext } from 'node:test';
import { startCluster, WITHOUT_KUBERNETES, type Cluster } from './cluster.ts';
import { testImages } from './images.ts';
import { createNamespace } from './objects.ts';
import { findKubernetes } from './programs.ts';

let shared: Promise<Cluster> | undefined;
let users = 0;
let namespaces = 0;

/** To be called where a test file registers: answers how its tests get the cluster. */
export function sharedCluster(): (t: TestContext) => Promise<Cluster | undefined> {
  const cluster = usedCluster();
  return async (t) => {
    if (findKubernetes() !== undefined) return cluster();
    t.skip(WITHOUT_KUBERNETES);
    return undefined;
  };
}

/** Registers tests that all stand on the cluster; where there is none, one that is skipped and says why. */
export function onCluster(register: (cluster: () => Promise<Cluster>) => void): void {
  if (findKubernetes() !== undefined) register(usedCluster());
  else test('on a cluster', { skip: WITHOUT_KUBERNETES }, () => undefined);
}

/** The cluster, which ends with the last file that uses it. */
function usedCluster(): () => Promise<Cluster> {
  users += 1;
  after(async () => {
    users -= 1;
    if (users > 0) return;
    const ending = shared;
    shared = undefined;
    await (await ending?.catch(() => undefined))?.stop();
  });
  return () => (shared ??= startCluster({ images: testImages, users: [{ name: 'fairlead' }] }));
}

/** What ends with whoever began it: a test, or a measurement. */
export interface Scope {
  after: (end: () => unknown) => void;
}

/** An empty one, which is gone, with all that is in it, when the test is over. */
export async function newNamespace({ api }: Cluster, t: Scope): Promise<string> {
  const name = `test-${(namespaces += 1)}`;
  await createNamespace(api, name);
  t.after(() => api.remove(`/api/v1/namespaces/${name}`));
  return name;
}
