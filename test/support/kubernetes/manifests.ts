// Applies manifests as people do with kubectl: server-side, whatever kinds they are of.
import { parseAllDocuments } from 'yaml';
import type { Api, ApiObject } from './api.ts';

/** `namespace` is that of objects which say none. */
export async function applyManifests(api: Api, text: string, namespace = 'default'): Promise<void> {
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS() as ApiObject | null;
    if (object !== null) await api.apply(await pathFor(api, object, namespace), object);
  }
}

interface Resources {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

async function pathFor(
  api: Api,
  { apiVersion = '', kind = '', metadata }: ApiObject,
  namespace: string,
): Promise<string> {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources } = await api.get<Resources>(group);
  const found = resources.find((one) => one.kind === kind && !one.name.includes('/'));
  if (found === undefined) throw new Error(`the API server knows no ${kind} of ${apiVersion}`);
  const place = found.namespaced ? `/namespaces/${metadata.namespace ?? namespace}` : '';
  return `${group}${place}/${found.name}/${metadata.name}`;
}
