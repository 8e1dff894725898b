// The objects that Fairlead makes of a revision: a Deployment, a Service, and a route that leads to it by a header, whatever
// its weight. Pure.
import { Failure } from '../../domain/failure.ts';
import type { ImageProgram, RevisionSpec } from '../../domain/rollout/model.ts';
import type { EpochToken } from '../../domain/rollout/model.ts';
import { ANNOTATIONS, objectName, PREVIEW_HEADER, revisionLabels } from './names.ts';
import { SERVICE_PORT, type RoutePlace } from './route.ts';
import type { Route, RouteRule } from './shapes.ts';

/** How long (s) a pod goes on serving after it was asked to end, before it is told: gateways hear of it meanwhile. */
const NOTICE_SECONDS = 2;
/** Beyond notice and drain (s), until a pod is killed. */
const SPARE_SECONDS = 3;
const PROGRESS_SECONDS = 600;
/** The one container of a pod. */
export const CONTAINER = 'service';

/** Throws Unsupported for a revision that is no image. */
export function imageOf(spec: RevisionSpec): ImageProgram {
  const { program, system, service, version } = spec;
  if (program.kind === 'image') return program;
  throw new Failure(
    'Unsupported',
    `starting ${system}/${service} ${version}: Kubernetes runs images, and this revision is a command (${program.command.join(' ')})`,
  );
}

/** What the pods of a revision are made from, beside their labels. */
export interface PodTemplate {
  annotations?: Record<string, string>;
  spec: object;
}

export function deploymentOf(
  spec: RevisionSpec,
  {
    namespace,
    replicas,
    token,
    pods = { spec: podOf(spec) },
  }: { namespace: string; replicas: number; token: EpochToken; pods?: PodTemplate },
): object {
  const labels = revisionLabels(spec, spec.id);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: objectName(spec, spec.id),
      namespace,
      labels,
      annotations: {
        [ANNOTATIONS.spec]: JSON.stringify(spec),
        [ANNOTATIONS.token]: JSON.stringify(token),
      },
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      progressDeadlineSeconds: PROGRESS_SECONDS,
      template: {
        metadata: { labels, ...(pods.annotations && { annotations: pods.annotations }) },
        spec: pods.spec,
      },
    },
  };
}

/** What a pod goes on for after it was asked to end: until gateways know, and then its drain. */
export function graceOf(spec: RevisionSpec): object {
  const drain = Math.ceil(spec.drain / 1000);
  return { terminationGracePeriodSeconds: NOTICE_SECONDS + drain + SPARE_SECONDS };
}

export const LIFECYCLE = { preStop: { sleep: { seconds: NOTICE_SECONDS } } };

function podOf(spec: RevisionSpec): object {
  const { reference, port } = imageOf(spec);
  const { path, interval, timeout } = spec.health;
  return {
    ...graceOf(spec),
    containers: [
      {
        name: CONTAINER,
        image: reference,
        ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
        env: environmentOf(spec, port),
        readinessProbe: {
          httpGet: { path, port, scheme: 'HTTP' },
          periodSeconds: Math.max(1, Math.round(interval / 1000)),
          timeoutSeconds: Math.max(1, Math.ceil(timeout / 1000)),
        },
        lifecycle: LIFECYCLE,
      },
    ],
  };
}

/** Throws Unsupported for a secret that a worker would have to read. */
function environmentOf(spec: RevisionSpec, port: number): object[] {
  const own = { HOST: '0.0.0.0', PORT: String(port), ...identityOf(spec) };
  const configured = Object.entries(spec.configuration).map(([name, setting]) => {
    if (typeof setting !== 'object') return { name, value: String(setting) };
    throw new Failure(
      'Unsupported',
      `starting ${spec.system}/${spec.service} ${spec.version}: its configuration ${name} is a secret of the worker, which would be readable in the cluster; keep it there`,
    );
  });
  const given = new Set(configured.map(({ name }) => name));
  return [
    ...Object.entries(own)
      .filter(([name]) => !given.has(name))
      .map(([name, value]) => ({ name, value })),
    ...configured,
  ];
}

/** What a revision is told of itself. */
export function identityOf(spec: RevisionSpec): Record<string, string> {
  return {
    FAIRLEAD_SYSTEM: spec.system,
    FAIRLEAD_SERVICE: spec.service,
    FAIRLEAD_REVISION: spec.id,
    FAIRLEAD_VERSION: spec.version,
  };
}

export function serviceOf(
  spec: RevisionSpec,
  { namespace, owner }: { namespace: string; owner: object },
): object {
  const labels = revisionLabels(spec, spec.id);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: objectName(spec, spec.id), namespace, labels, ownerReferences: [owner] },
    spec: {
      selector: labels,
      ports: [
        { name: 'http', port: SERVICE_PORT, targetPort: imageOf(spec).port, protocol: 'TCP' },
      ],
    },
  };
}

/** Leads to a revision as the rule of users does, for whoever sends its header. */
export function previewOf(
  spec: RevisionSpec,
  {
    place,
    route,
    rule,
    owner,
  }: { place: RoutePlace; route: Route; rule: RouteRule; owner: object },
): object {
  const name = objectName(spec, spec.id);
  const header = { type: 'Exact', name: PREVIEW_HEADER, value: spec.id };
  const matches = (rule.matches ?? [{}]).map((one) => ({
    ...one,
    headers: [...(one.headers ?? []), header],
  }));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: {
      name,
      namespace: place.settings.namespace,
      labels: revisionLabels(spec, spec.id),
      ownerReferences: [owner],
    },
    spec: {
      ...(route.spec.parentRefs && { parentRefs: route.spec.parentRefs }),
      ...(route.spec.hostnames && { hostnames: route.spec.hostnames }),
      rules: [
        {
          matches,
          ...(rule['filters'] !== undefined && { filters: rule['filters'] }),
          backendRefs: [{ group: '', kind: 'Service', name, port: SERVICE_PORT, weight: 1 }],
        },
      ],
    },
  };
}
