// What a system file says of a service on the platform kubernetes, revisions as Deployments behind a route of the Gateway
// API, and what this platform can do.
import { z } from 'zod';
import type { PlatformSettings } from '../../config/kind-settings.ts';
import { headerName, httpPath, port, text } from '../../config/terms.ts';

const objectName = text(
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  'the name of a Kubernetes object: lower-case letters, digits, hyphens and dots',
);
const namespace = text(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  'the name of a namespace: at most 63 lower-case letters, digits and hyphens',
);

const fields = {
  kubernetes: z.exactOptional(
    z
      .strictObject({
        context: z.string().min(1).meta({
          meaning:
            "The cluster, as a context of the worker's kubeconfig (KUBECONFIG, else ~/.kube/config); in-cluster is the one that the worker runs in.",
          example: 'production',
        }),
        namespace: namespace.meta({
          meaning: 'Where its Deployments and Services are made, and its route is.',
          example: 'aislemarts',
        }),
        route: objectName.meta({
          meaning:
            'The HTTPRoute that leads users to the service; it has to be there, and Fairlead changes the backendRefs of one rule.',
          example: 'storefront',
        }),
        rule: z.exactOptional(
          z.string().min(1).meta({
            meaning: 'The name of that rule; without it the route has exactly one rule.',
            example: 'web',
          }),
        ),
        gateway: z
          .strictObject({
            address: text(
              /^https?:\/\/\S*[^\s/]$/,
              'an http(s) URL without a slash at its end',
            ).meta({
              meaning: 'Where the rule of the service is reached through the gateway.',
              example: 'http://shop.example',
            }),
            path: z.exactOptional(
              httpPath('/health').meta({
                meaning: 'What probes ask for there; without it the path of health.',
                example: '/health',
              }),
            ),
          })
          .meta({ meaning: 'How probes and checks go the way users go.' }),
        identity: headerName.meta({
          meaning:
            'The header of its answers in which the service says who it is: what FAIRLEAD_REVISION says, or its version.',
          example: 'x-revision',
        }),
        closed: z
          .strictObject({
            service: objectName.meta({
              meaning: 'A Service that answers every request with 503 and Retry-After.',
              example: 'closed',
            }),
            namespace: z.exactOptional(
              namespace.meta({
                meaning:
                  'Its namespace, where it is another one; a ReferenceGrant there has to allow the route.',
                example: 'fairlead',
              }),
            ),
            port: port.meta({ meaning: 'Its port.', example: 80 }),
          })
          .meta({ meaning: 'Where users are sent while the service is stopped.' }),
      })
      .meta({ meaning: 'kubernetes: which cluster, and how its users get there.' }),
  ),
};

export const kubernetes = {
  fields,
  metrics: {},
  capabilities: {
    program: 'image',
    replicas: 'counted',
    scaleToZero: true,
    restart: true,
    weights: 'fractional',
    partialAdmission: 'none',
    preview: 'headers',
    whoAnswered: 'service',
    epoch: 'atomic',
    patience: 30_000,
    changes: 'asked',
    settle: false,
    isolation: false,
  },
  remarks: ({ kubernetes: said }) =>
    said === undefined
      ? [
          {
            path: ['kubernetes'],
            message:
              'is missing; the platform kubernetes needs context, namespace, route, gateway, identity and closed',
          },
        ]
      : [],
} as const satisfies PlatformSettings<z.output<z.ZodObject<typeof fields>>>;

export type KubernetesSettings = NonNullable<z.output<z.ZodObject<typeof fields>>['kubernetes']>;
