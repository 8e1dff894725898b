// What a system file says of a service on the platform kubernetes, revisions as Deployments behind a route of the Gateway
// API, and what this platform can do.
import { z } from 'zod';
import type { PlatformSettings } from '../../config/kind-settings.ts';
import {
  headerName,
  httpPath,
  leavesFolder,
  path,
  port,
  staysInside,
  text,
} from '../../config/terms.ts';
import type { PlatformCapabilities } from '../../domain/capabilities.ts';

const objectName = text(
  /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
  'the name of a Kubernetes object: lower-case letters, digits, hyphens and dots',
);
const namespace = text(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  'the name of a namespace: at most 63 lower-case letters, digits and hyphens',
);

/** Where the stable side of a service is somebody's Deployment: which one, and where the route leads to it. */
const stable = {
  deployment: objectName.meta({
    meaning: 'The Deployment that is the service.',
    example: 'storefront',
  }),
  container: z.exactOptional(
    z.string().min(1).meta({
      meaning: 'Which container of it; without it there is exactly one.',
      example: 'web',
    }),
  ),
  service: z
    .strictObject({
      name: objectName.meta({ meaning: 'The Service that leads to it.', example: 'storefront' }),
      port: port.meta({ meaning: 'Its port.', example: 80 }),
    })
    .meta({ meaning: 'Where the route leads its users.' }),
};

const adopts = z.strictObject(stable).meta({
  meaning:
    'Its stable side is a Deployment that is there already: a new version is tried beside it, and its image is changed when that has all users.',
});

const helm = z
  .strictObject({
    release: text(
      /^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/,
      'the name of a Helm release: at most 53 lower-case letters, digits and hyphens',
    ).meta({ meaning: 'The release, which is installed already.', example: 'storefront' }),
    chart: path.meta({
      meaning: 'The folder of its chart, from the folder of the system.',
      example: 'chart',
    }),
    values: z
      .array(path)
      .prefault([])
      .meta({
        meaning:
          'Files of values, the later ones over the earlier ones, and all over what the release has.',
        example: ['values-prod.yaml'],
      }),
    imageKey: text(
      /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/,
      'the path of a value, as Helm writes it: image.tag',
    ).meta({
      meaning: 'The value that takes the tag of image: what follows its last colon.',
      example: 'image.tag',
    }),
    ...stable,
  })
  .meta({
    meaning:
      'Its stable side is a Helm release: a new version is tried beside it, and settled by helm upgrade when it has all users.',
  });

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
        autoscaler: z.exactOptional(
          objectName.meta({
            meaning:
              'A HorizontalPodAutoscaler that decides how many replicas there are; without helm and adopts it is pointed at the Deployment that has all users.',
            example: 'storefront',
          }),
        ),
        adopts: z.exactOptional(adopts),
        helm: z.exactOptional(helm),
      })
      .meta({ meaning: 'kubernetes: which cluster, and how its users get there.' }),
  ),
};

const capabilities = {
  program: 'image',
  replicas: 'counted',
  scaleToZero: true,
  restart: true,
  weights: 'fractional',
  unready: 'lost',
  partialAdmission: 'none',
  preview: 'headers',
  whoAnswered: 'service',
  epoch: 'atomic',
  patience: 30_000,
  changes: 'asked',
  settle: false,
  isolation: false,
} as const satisfies PlatformCapabilities;

export const kubernetes = {
  fields,
  metrics: {},
  capabilities,
  capabilitiesWith: ({ kubernetes: said }) =>
    stableIn(said ?? {}) === undefined ? capabilities : { ...capabilities, settle: true },
  remarks({ kubernetes: said }, folders) {
    if (said === undefined) {
      const message =
        'is missing; the platform kubernetes needs context, namespace, route, gateway, identity and closed';
      return [{ path: ['kubernetes'], message }];
    }
    if (said.helm !== undefined && said.adopts !== undefined) {
      const message = 'is another way to say whose the stable side is than helm; leave one out';
      return [{ path: ['kubernetes', 'adopts'], message }];
    }
    const { chart, values } = said.helm ?? { chart: '.', values: [] };
    const named: [(string | number)[], string][] = [
      [['chart'], chart],
      ...values.map((file, index): [(string | number)[], string] => [['values', index], file]),
    ];
    return named
      .filter(([, place]) => !staysInside(place, folders))
      .map(([at, place]) => ({
        path: ['kubernetes', 'helm', ...at],
        message: leavesFolder(place),
      }));
  },
} as const satisfies PlatformSettings<z.output<z.ZodObject<typeof fields>>>;

export type KubernetesSettings = NonNullable<z.output<z.ZodObject<typeof fields>>['kubernetes']>;

export type HelmSettings = z.output<typeof helm>;

export type StableSettings = z.output<typeof adopts>;

/** Somebody's Deployment that is the stable side of a service; undefined where all are Fairlead's own. */
export function stableIn({
  helm: release,
  adopts: adopted,
}: Pick<KubernetesSettings, 'helm' | 'adopts'>): StableSettings | undefined {
  return release ?? adopted;
}
