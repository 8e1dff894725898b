// A Deployment that was there before Fairlead and stays somebody's: of it only the image of one container is changed, and how
// often that was done is counted in an annotation.
import { Failure } from '../../../domain/failure.ts';
import type { Cluster } from '../cluster.ts';
import { ANNOTATIONS } from '../names.ts';
import { patched } from '../objects.ts';
import type { StableSettings } from '../settings.ts';
import type { Deployment } from '../shapes.ts';
import { containerOf } from './chart.ts';
import type { ReleaseObject, Stable } from './stable.ts';

/** `what` is being done, for messages. */
export function plainOf(settings: StableSettings, cluster: Cluster, what: string): Stable {
  const { deployment: name } = settings;
  const live = (): Promise<Deployment | undefined> => cluster.deployment(name);
  const required = async (): Promise<Deployment> => {
    const found = await live();
    if (found !== undefined) return found;
    throw new Failure('NotFound', `${what}: the Deployment ${name} is gone`);
  };
  return {
    settings,
    key: name,
    called: `the Deployment ${name}`,
    said: 'kubernetes.adopts',
    byHand: { make: 'make it', back: `kubectl rollout undo deployment/${name}` },
    numbered: (revision) => `change ${revision} of ${name}`,
    async history() {
      const found = await live();
      if (found === undefined) return [];
      const updated = found.metadata.creationTimestamp ?? new Date(0).toISOString();
      return [{ revision: changesOf(found), updated, status: 'deployed', description: 'as it is' }];
    },
    async preview({ reference }) {
      const found = await required();
      const container = containerOf(found, settings, what).name;
      return { objects: [asObject(found, { container, reference })], hooks: [] };
    },
    async manifest(revision) {
      const found = await live();
      return found === undefined || changesOf(found) !== revision ? undefined : [asObject(found)];
    },
    async upgrade({ reference }, token) {
      await patched(cluster, { name, token, what }, (found) => {
        const { name: container } = containerOf(found, settings, what);
        // Counted also where the image is that one already: what was recorded to be made is made then.
        return { image: { container, reference, settled: changesOf(found) + 1 } };
      });
    },
  };
}

/** One that Fairlead never changed is the first. */
function changesOf({ metadata }: Deployment): number {
  return Number(metadata.annotations?.[ANNOTATIONS.settled] ?? 1) || 1;
}

function asObject(
  found: Deployment,
  changed?: { container: string; reference: string },
): ReleaseObject {
  const { spec } = found;
  const pod = spec.template.spec ?? { containers: [] };
  const containers = pod.containers.map((one) =>
    one.name === changed?.container ? { ...one, image: changed.reference } : one,
  );
  const template = { ...spec.template, spec: { ...pod, containers } };
  return { ...found, kind: 'Deployment', spec: { ...spec, template } };
}
