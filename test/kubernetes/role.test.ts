// The Role that is shipped gives a worker what it needs, as the contract shows, and nothing else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../support/entry.ts';
import { Api } from '../support/kubernetes/api.ts';
import { prepare } from '../support/kubernetes/fairlead.ts';
import { newNamespace, onCluster } from '../support/kubernetes/shared.ts';

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
/** By their groups. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  '': [
    ...['pods', 'pods/log', 'pods/exec', 'pods/attach', 'pods/portforward', 'pods/eviction'],
    ...['services', 'services/proxy', 'secrets', 'configmaps', 'events', 'serviceaccounts'],
    ...['serviceaccounts/token', 'namespaces', 'nodes', 'persistentvolumeclaims', 'endpoints'],
  ],
  apps: ['deployments', 'deployments/scale', 'replicasets', 'statefulsets', 'daemonsets'],
  batch: ['jobs', 'cronjobs'],
  autoscaling: ['horizontalpodautoscalers'],
  policy: ['poddisruptionbudgets'],
  'discovery.k8s.io': ['endpointslices'],
  'gateway.networking.k8s.io': ['httproutes', 'gateways', 'gatewayclasses', 'referencegrants'],
  'rbac.authorization.k8s.io': ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'],
  'admissionregistration.k8s.io': ['validatingwebhookconfigurations'],
};

const roleSchema = z.object({
  rules: z.array(
    z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
    }),
  ),
});

onCluster((cluster) => {
  test('the Role allows its verbs in its namespace, and denies every other one', async (t) => {
    const on = await cluster();
    const [namespace, other] = [await newNamespace(on, t), await newNamespace(on, t)];
    await prepare(on, namespace, []);
    const api = new Api(on.controlPlane.access('fairlead'));
    t.after(() => {
      api.close();
    });
    const isAllowed = async (within: string, group: string, written: string, verb: string) => {
      const [resource = '', subresource = ''] = written.split('/');
      const resourceAttributes = { namespace: within, group, resource, subresource, verb };
      const { status } = await api.call<{ status: { allowed: boolean } }>(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes },
        },
      );
      return status.allowed;
    };
    const allowedIn = async (within: string): Promise<string[]> => {
      const asked = Object.entries(RESOURCES).flatMap(([group, resources]) =>
        resources.flatMap((resource) => VERBS.map((verb) => ({ group, resource, verb }))),
      );
      const answers = await Promise.all(
        asked.map(async ({ group, resource, verb }) =>
          (await isAllowed(within, group, resource, verb)) ? [`${verb} ${group}/${resource}`] : [],
        ),
      );
      return answers.flat().sort();
    };
    const text = readFileSync(join(ROOT, 'docs', 'kubernetes', 'role.yaml'), 'utf8');
    const said = roleSchema
      .parse(parse(text))
      .rules.flatMap(({ apiGroups: [group = ''], resources: [resource = ''], verbs }) =>
        verbs.map((verb) => `${verb} ${group}/${resource}`),
      );
    assert.deepEqual(await allowedIn(namespace), said.sort());
    assert.deepEqual(await allowedIn(other), []);
    await assert.rejects(api.get(`/api/v1/namespaces/${namespace}/secrets`), /403/);
  });
});
