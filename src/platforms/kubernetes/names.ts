// What the objects of a revision are called, and the labels and annotations by which they are known. Names are injective: they
// end in a digest of system, service and revision, whatever had to be cut in front of it.
import { digestOf } from '../../domain/digest.ts';
import type { ServiceRef } from '../../domain/rollout/model.ts';

/** Who Fairlead is in the managed fields of an object. */
export const MANAGER = 'fairlead';

export const LABELS = {
  managedBy: 'app.kubernetes.io/managed-by',
  system: 'fairlead/system',
  service: 'fairlead/service',
  revision: 'fairlead/revision',
} as const;

export const ANNOTATIONS = {
  /** The whole `RevisionSpec` of a Deployment, as JSON. */
  spec: 'fairlead/spec',
  /** The newest epoch token that changed an object, as JSON. */
  token: 'fairlead/token',
  /** Of an autoscaler: what it kept before it was raised, and the newest change, as JSON. */
  autoscaler: 'fairlead/autoscaler',
  /** Of a Deployment that is somebody's: how often Fairlead changed its image. */
  settled: 'fairlead/settled',
  /** Which change asked for the restart that a pod template is of. */
  restartedBy: 'fairlead/restarted-by',
} as const;

/** The header by which the preview route of a revision is chosen. */
export const PREVIEW_HEADER = 'fairlead-preview';

const DIGITS = 10;
const LABEL_LENGTH = 63;
const SERVICE_LENGTH = 30;
const VERSION_LENGTH = 20;

/** The name of the Deployment, the Service and the preview route of a revision: at most 62 characters, a letter first. */
export function objectName({ system, service }: ServiceRef, revision: string): string {
  const digest = digestOf([system, service, revision]).slice(0, DIGITS);
  const version = revision.replace(/-[0-9a-f]+$/, '');
  return `${cut(service, SERVICE_LENGTH)}-${cut(version, VERSION_LENGTH)}-${digest}`;
}

/** Names of Fairlead's may end in a hyphen, and those of labels and objects may not. */
function cut(text: string, length: number): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .slice(0, length)
    .replace(/-+$/, '');
}

/** A label's value: the text itself where it may be one, else its beginning and a digest of it. */
export function labelValue(text: string): string {
  const fits =
    text.length <= LABEL_LENGTH && /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(text);
  if (fits) return text;
  return `${cut(text, LABEL_LENGTH - DIGITS - 1)}_${digestOf(text).slice(0, DIGITS)}`;
}

export function serviceLabels({ system, service }: ServiceRef): Record<string, string> {
  return {
    [LABELS.managedBy]: MANAGER,
    [LABELS.system]: labelValue(system),
    [LABELS.service]: labelValue(service),
  };
}

export function revisionLabels(service: ServiceRef, revision: string): Record<string, string> {
  return { ...serviceLabels(service), [LABELS.revision]: labelValue(revision) };
}

/** The label by which the EndpointSlices of a Service are found. */
export function sliceLabels(service: string): Record<string, string> {
  return { 'kubernetes.io/service-name': service };
}

/** Of a list's query. */
export function selectorOf(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** The annotation of a route that holds the record of a service: one per service, for a route may lead to several. */
export function recordName({ system, service }: ServiceRef): string {
  return `fairlead/traffic-${cut(service, SERVICE_LENGTH)}-${digestOf([system, service]).slice(0, DIGITS)}`;
}
