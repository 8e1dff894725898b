// What is read of Kubernetes' objects: only what is looked at is checked, and everything else stays as it came.
import { z } from 'zod';

const managedField = z.looseObject({
  manager: z.exactOptional(z.string()),
  operation: z.exactOptional(z.string()),
  time: z.exactOptional(z.string()),
  fieldsV1: z.exactOptional(z.record(z.string(), z.unknown())),
});
export type ManagedField = z.output<typeof managedField>;

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.exactOptional(z.string()),
  uid: z.exactOptional(z.string()),
  resourceVersion: z.exactOptional(z.string()),
  generation: z.exactOptional(z.number()),
  creationTimestamp: z.exactOptional(z.string()),
  deletionTimestamp: z.exactOptional(z.string()),
  labels: z.exactOptional(z.record(z.string(), z.string())),
  annotations: z.exactOptional(z.record(z.string(), z.string())),
  managedFields: z.exactOptional(z.array(managedField)),
});

export const backendRef = z.looseObject({
  group: z.exactOptional(z.string()),
  kind: z.exactOptional(z.string()),
  name: z.string(),
  namespace: z.exactOptional(z.string()),
  port: z.exactOptional(z.number()),
  weight: z.exactOptional(z.number()),
});
export type BackendRef = z.output<typeof backendRef>;

const rule = z.looseObject({
  name: z.exactOptional(z.string()),
  matches: z.exactOptional(
    z.array(z.looseObject({ headers: z.exactOptional(z.array(z.unknown())) })),
  ),
  backendRefs: z.exactOptional(z.array(backendRef)),
});
export type RouteRule = z.output<typeof rule>;

export const routeShape = z.looseObject({
  metadata,
  spec: z.looseObject({
    parentRefs: z.exactOptional(z.array(z.unknown())),
    hostnames: z.exactOptional(z.array(z.string())),
    rules: z.exactOptional(z.array(rule)),
  }),
});
export type Route = z.output<typeof routeShape>;

const condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.exactOptional(z.string()),
  message: z.exactOptional(z.string()),
});

const container = z.looseObject({
  name: z.string(),
  image: z.exactOptional(z.string()),
  ports: z.exactOptional(
    z.array(z.looseObject({ name: z.exactOptional(z.string()), containerPort: z.number() })),
  ),
  env: z.exactOptional(
    z.array(z.looseObject({ name: z.string(), value: z.exactOptional(z.string()) })),
  ),
  readinessProbe: z.exactOptional(
    z.looseObject({
      httpGet: z.exactOptional(z.looseObject({ path: z.exactOptional(z.string()) })),
      periodSeconds: z.exactOptional(z.number()),
      timeoutSeconds: z.exactOptional(z.number()),
    }),
  ),
  lifecycle: z.exactOptional(z.looseObject({})),
});
export type Container = z.output<typeof container>;

export const podSpecShape = z.looseObject({ containers: z.array(container) });

export const deploymentShape = z.looseObject({
  metadata,
  spec: z.looseObject({
    replicas: z.exactOptional(z.number()),
    selector: z
      .looseObject({ matchLabels: z.exactOptional(z.record(z.string(), z.string())) })
      .prefault({}),
    template: z.looseObject({
      metadata: z.exactOptional(
        z.looseObject({ annotations: z.exactOptional(z.record(z.string(), z.string())) }),
      ),
      spec: z.exactOptional(podSpecShape),
    }),
  }),
  status: z
    .looseObject({
      observedGeneration: z.exactOptional(z.number()),
      replicas: z.exactOptional(z.number()),
      updatedReplicas: z.exactOptional(z.number()),
      readyReplicas: z.exactOptional(z.number()),
      conditions: z.exactOptional(z.array(condition)),
    })
    .prefault({}),
});
export type Deployment = z.output<typeof deploymentShape>;

const containerState = z.looseObject({
  waiting: z.exactOptional(
    z.looseObject({ reason: z.exactOptional(z.string()), message: z.exactOptional(z.string()) }),
  ),
  running: z.exactOptional(z.looseObject({})),
  terminated: z.exactOptional(
    z.looseObject({
      exitCode: z.exactOptional(z.number()),
      reason: z.exactOptional(z.string()),
      message: z.exactOptional(z.string()),
    }),
  ),
});

const containerStatus = z.looseObject({
  name: z.string(),
  ready: z.exactOptional(z.boolean()),
  restartCount: z.exactOptional(z.number()),
  state: containerState.prefault({}),
  lastState: containerState.prefault({}),
});
export type ContainerStatus = z.output<typeof containerStatus>;

export const podShape = z.looseObject({
  metadata,
  status: z
    .looseObject({
      phase: z.exactOptional(z.string()),
      reason: z.exactOptional(z.string()),
      message: z.exactOptional(z.string()),
      conditions: z.exactOptional(z.array(condition)),
      containerStatuses: z.exactOptional(z.array(containerStatus)),
      initContainerStatuses: z.exactOptional(z.array(containerStatus)),
    })
    .prefault({}),
});
export type Pod = z.output<typeof podShape>;

export const autoscalerShape = z.looseObject({
  metadata,
  spec: z.looseObject({
    scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
    minReplicas: z.number().prefault(1),
    maxReplicas: z.number(),
  }),
});
export type Autoscaler = z.output<typeof autoscalerShape>;

export const sliceShape = z.looseObject({
  metadata,
  endpoints: z
    .array(
      z.looseObject({
        conditions: z.looseObject({ ready: z.exactOptional(z.boolean()) }).prefault({}),
      }),
    )
    .nullish(),
});
export type Slice = z.output<typeof sliceShape>;

export const eventShape = z.looseObject({
  type: z.exactOptional(z.string()),
  reason: z.exactOptional(z.string()),
  message: z.exactOptional(z.string()),
  count: z.nullish(z.number()),
  lastTimestamp: z.nullish(z.string()),
  eventTime: z.nullish(z.string()),
  metadata: z.exactOptional(z.looseObject({ creationTimestamp: z.nullish(z.string()) })),
});
export type Event = z.output<typeof eventShape>;

export const serviceShape = z.looseObject({
  metadata,
  spec: z.looseObject({
    ports: z
      .array(
        z.looseObject({
          port: z.number(),
          targetPort: z.exactOptional(z.union([z.number(), z.string()])),
        }),
      )
      .prefault([]),
  }),
});
export type Service = z.output<typeof serviceShape>;

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({ items: z.array(item) });
