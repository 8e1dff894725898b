// What the pod agent reads of a pod: the fields of the API that it keeps its promise of.
import type { ApiObject } from './api.ts';

export interface HttpProbe {
  httpGet?: { path?: string; port: number | string };
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  failureThreshold?: number;
  successThreshold?: number;
}

interface KeyOf {
  name: string;
  key: string;
  optional?: boolean;
}

export interface EnvironmentEntry {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: KeyOf;
    configMapKeyRef?: KeyOf;
    fieldRef?: { fieldPath: string };
  };
}

export interface ContainerSpec {
  name: string;
  image: string;
  env?: EnvironmentEntry[];
  envFrom?: { secretRef?: { name: string }; configMapRef?: { name: string } }[];
  ports?: { name?: string; containerPort: number }[];
  readinessProbe?: HttpProbe;
  livenessProbe?: HttpProbe;
  lifecycle?: { preStop?: { sleep?: { seconds: number }; exec?: { command: string[] } } };
  resources?: { limits?: { memory?: string } };
}

export interface PodObject extends ApiObject {
  spec: {
    nodeName?: string;
    restartPolicy?: 'Always' | 'OnFailure' | 'Never';
    terminationGracePeriodSeconds?: number;
    containers: ContainerSpec[];
  };
  status: { phase?: string; podIP?: string };
}

export function pathOf({ metadata: { name, namespace = '' } }: ApiObject): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

/** Bytes of a quantity such as 64Mi; undefined for none. */
export function bytesOf(quantity: string | undefined): number | undefined {
  const [, amount, unit = ''] = /^(\d+)(Ki|Mi|Gi|k|M|G)?$/.exec(quantity ?? '') ?? [];
  if (amount === undefined) return undefined;
  const units = { '': 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };
  return Number(amount) * units[unit as keyof typeof units];
}
