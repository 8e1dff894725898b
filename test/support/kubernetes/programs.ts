// The programs of a Kubernetes cluster for tests: somebody's own (KUBEBUILDER_ASSETS, PATH), else built into the cache.
import { cpSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../../../src/config/environment.ts';
import { cacheFolder, intoCache, isThere, type Getting } from '../../../src/embedded/download.ts';
import { downloadedModule, findGoPrograms, getGoPrograms } from '../go-programs.ts';
import { GATEWAY_API } from './modules.ts';

const CONTROL_PLANE = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
] as const;

export type ControlPlaneProgram = (typeof CONTROL_PLANE)[number];

/** A program with the arguments that come before all others. */
type Start = readonly [program: string, ...first: string[]];

export interface KubernetesPrograms {
  controlPlane: Readonly<Record<ControlPlaneProgram, Start>>;
  traefik: string;
  helm: string;
  /** Absolute paths of the resource definitions of the Gateway API, as YAML. */
  definitions: readonly string[];
}

/** Undefined where a part of it is missing. */
export function findKubernetes(env: Environment = process.env): KubernetesPrograms | undefined {
  const controlPlane = findControlPlane(env);
  const [traefik, helm] = [findGoPrograms('traefik', env), findGoPrograms('helm', env)];
  const folder = definitionsIn(env);
  if (!controlPlane || !traefik || !helm || !isThere(folder)) return undefined;
  const files = readdirSync(folder).filter((name) => name.startsWith('gateway.networking.'));
  return {
    controlPlane,
    traefik: join(traefik, 'traefik'),
    helm: join(helm, 'helm'),
    definitions: files.map((name) => join(folder, name)),
  };
}

/** Builds what `findKubernetes` does not find, each program by itself: what is done is kept. Throws with what Go said. */
export async function getKubernetes(getting: Getting): Promise<string> {
  if (findControlPlane(getting.env) === undefined) await getGoPrograms('kubernetes', getting);
  await getGoPrograms('traefik', getting);
  await getGoPrograms('helm', getting);
  await getDefinitions(getting);
  return cacheFolder(getting.env);
}

function findControlPlane(env: Environment): KubernetesPrograms['controlPlane'] | undefined {
  const own = findGoPrograms('kubernetes', env);
  const starts = CONTROL_PLANE.map((name): [string, Start | undefined] => {
    const theirs = foldersOf(env).find((folder) => isThere(join(folder, name)));
    if (theirs !== undefined) return [name, [join(theirs, name)]];
    return [name, own === undefined ? undefined : [join(own, 'kubernetes-control-plane'), name]];
  });
  if (starts.some(([, start]) => start === undefined)) return undefined;
  return Object.fromEntries(starts) as KubernetesPrograms['controlPlane'];
}

function foldersOf(env: Environment): string[] {
  const assets = env['KUBEBUILDER_ASSETS'] ?? '';
  return [assets, ...(env['PATH'] ?? '').split(delimiter)].filter(Boolean);
}

async function getDefinitions(getting: Getting): Promise<void> {
  const target = definitionsIn(getting.env);
  if (isThere(target)) return;
  getting.say(`Getting the definitions of the Gateway API ${GATEWAY_API.version} with go ...`);
  const one = 'gateway.networking.k8s.io_httproutes.yaml';
  await intoCache(target, one, getting.say, async (folder) => {
    const kept = await downloadedModule(GATEWAY_API, folder, getting);
    cpSync(join(kept, 'config', 'crd', 'standard'), folder, { recursive: true });
  });
}

function definitionsIn(env: Environment): string {
  return join(cacheFolder(env), `go-gateway-api-${GATEWAY_API.version}`);
}
