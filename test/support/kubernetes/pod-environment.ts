// The environment of a container as its pod says it: values, fields, and keys of Secrets and ConfigMaps.
import { ApiError, type Api, type ApiObject } from './api.ts';
import type { ContainerSpec, EnvironmentEntry, PodObject } from './pod-spec.ts';

interface Source extends ApiObject {
  data?: Record<string, string>;
}

/**
 * HOST is the pod's own address whatever the pod says, for "every address" is more than that on a machine that pods share;
 * PORT is its first port unless it says another. Throws with what is missing.
 */
export async function environmentOf(
  api: Api,
  pod: PodObject,
  { env = [], envFrom = [], ports = [] }: ContainerSpec,
  address: string,
): Promise<Record<string, string>> {
  const { namespace = '' } = pod.metadata;
  const source = sourceIn(api, namespace);
  const values: Record<string, string> = {};
  const [port] = ports;
  if (port !== undefined) values['PORT'] = String(port.containerPort);
  for (const one of envFrom) Object.assign(values, await allOf(one, source));
  for (const entry of env) {
    const value = await valueOf(entry, source, fieldsOf(pod, address));
    if (value !== undefined) values[entry.name] = value;
  }
  return { ...values, HOST: address };
}

async function valueOf(
  { value, valueFrom }: EnvironmentEntry,
  source: Sources,
  fields: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  if (valueFrom === undefined) return value ?? '';
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
  if (fieldRef) return fields[fieldRef.fieldPath] ?? '';
  const key = secretKeyRef ?? configMapKeyRef;
  if (key === undefined) return undefined;
  const kind = secretKeyRef ? 'secret' : 'configmap';
  const found = (await source(kind, key.name))[key.key];
  if (found === undefined && key.optional !== true)
    throw new Error(`couldn't find key ${key.key} in ${kind} ${key.name}`);
  return found;
}

function fieldsOf({ metadata, spec }: PodObject, address: string): Record<string, string> {
  return {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace ?? '',
    'spec.nodeName': spec.nodeName ?? '',
    'status.podIP': address,
  };
}

type Sources = (kind: 'secret' | 'configmap', name: string) => Promise<Record<string, string>>;

function sourceIn(api: Api, namespace: string): Sources {
  return async (kind, name) => {
    const path = `/api/v1/namespaces/${namespace}/${kind}s/${name}`;
    const found = await api.get<Source>(path).catch((error: unknown) => {
      const isMissing = error instanceof ApiError && error.status === 404;
      throw isMissing ? new Error(`${kind} "${name}" not found`) : error;
    });
    const data = Object.entries(found.data ?? {});
    const written = (value: string): string =>
      kind === 'secret' ? Buffer.from(value, 'base64').toString() : value;
    return Object.fromEntries(data.map(([key, value]) => [key, written(value)]));
  };
}

function allOf(
  { secretRef, configMapRef }: NonNullable<ContainerSpec['envFrom']>[number],
  source: Sources,
): Promise<Record<string, string>> {
  return secretRef
    ? source('secret', secretRef.name)
    : source('configmap', configMapRef?.name ?? '');
}
