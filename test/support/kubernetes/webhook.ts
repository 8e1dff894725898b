// An admission webhook as clusters have them: a real HTTPS server that the API server asks about every Deployment or pod of one
// namespace before it takes it.
import { createServer } from 'node:https';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { makeCertificates } from '../../../src/embedded/private/certificates.ts';
import { freePorts } from '../free-ports.ts';
import type { ApiObject } from './api.ts';
import type { Cluster } from './cluster.ts';
import type { Scope } from './shared.ts';

/** What it says of an object: a patch (RFC 6902) of it, or why it may not be. */
export type Admission = { patch: object[] } | { denied: string; code?: number };

export interface Webhook {
  /** It says this of everything from now on; nothing is said of what it has no opinion on. */
  says: (judge: (object: ApiObject) => Admission | undefined) => void;
  /** Nobody listens any more, and the API server asks all the same. */
  close: () => Promise<void>;
}

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/** Asked when one of the resources is created or updated; what it cannot be asked about is refused. */
export async function startWebhook(
  { api }: Cluster,
  t: Scope,
  { namespace, resources }: { namespace: string; resources: readonly string[] },
): Promise<Webhook> {
  let judge: (object: ApiObject) => Admission | undefined = () => undefined;
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-webhook-'));
  const { door } = makeCertificates(folder);
  rmSync(folder, { recursive: true });
  const server = createServer({ cert: door.certificate, key: door.key }, (request, response) => {
    void json(request).then((asked) => {
      const { uid, object } = (asked as { request: { uid: string; object: ApiObject } }).request;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(reviewOf(uid, judge(object))));
    });
  });
  const [port = 0] = await freePorts(1);
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  const path = `${CONFIGURATIONS}/${namespace}`;
  await api.apply(path, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: namespace },
    webhooks: [
      {
        name: 'policy.test.example',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds: 5,
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        rules: [
          {
            operations: ['CREATE', 'UPDATE'],
            apiGroups: ['*'],
            apiVersions: ['*'],
            resources,
          },
        ],
        clientConfig: {
          url: `https://127.0.0.1:${port}/`,
          caBundle: Buffer.from(door.authority).toString('base64'),
        },
      },
    ],
  });
  t.after(async () => {
    await api.remove(path);
    await close();
  });
  return {
    says(one) {
      judge = one;
    },
    close,
  };
}

function reviewOf(uid: string, said: Admission | undefined): object {
  const response =
    said === undefined
      ? { uid, allowed: true }
      : 'patch' in said
        ? {
            ...{ uid, allowed: true, patchType: 'JSONPatch' },
            patch: Buffer.from(JSON.stringify(said.patch)).toString('base64'),
          }
        : { uid, allowed: false, status: { message: said.denied, code: said.code ?? 403 } };
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
}
