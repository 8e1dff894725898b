// What the settings.ts of a kind of platform or datastore hands to the system file's schema and rules: fields, checks,
// capabilities. Adding a kind is its folder, a line in kinds.ts, and a line in the registry of the adapters.
import { z } from 'zod';
import type { DatastoreCapabilities, PlatformCapabilities } from '../domain/capabilities.ts';
import type { Remark } from './remark.ts';

interface KindSettings<Capabilities> {
  /**
   * What a system file may say for this kind, beside what it may say for every kind. None is required by its shape, for
   * other kinds have other fields; a field that two kinds have is the same term in both.
   */
  fields: Readonly<Record<string, z.ZodType>>;
  capabilities: Capabilities;
}

/** A metric of a platform, and the labels of its series. */
export interface PlatformMetric {
  type: 'counter' | 'histogram' | 'gauge';
  labels: readonly string[];
}

/** `Values`: the part of a service that the checks look at. */
export interface PlatformSettings<Values> extends KindSettings<PlatformCapabilities> {
  /** The metrics that an analysis without an address of its own reads. */
  metrics: Readonly<Record<string, PlatformMetric>>;
  /** What it can do for a service that says this; absent where that is the same for all. */
  capabilitiesWith?: (service: Values) => PlatformCapabilities;
  /** `folders`: the system's own folder first, then those of its bases; paths stay inside them. */
  remarks: (service: Values, folders: readonly string[]) => Remark[];
}

export interface DatastoreSettings<Values> extends KindSettings<DatastoreCapabilities> {
  /** Fields that a datastore of this kind has to have. */
  needs: readonly string[];
  remarks?: (store: Values, folders: readonly string[]) => Remark[];
}

/** The name of one of the kinds of a registry. */
export function kindIn<Kind extends string>(kinds: Readonly<Record<Kind, unknown>>) {
  return z.enum(Object.keys(kinds) as Kind[]);
}

type Merged<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** The fields of all kinds of a registry, as one shape. */
export function fieldsOf<Kinds extends Readonly<Record<string, { fields: object }>>>(
  kinds: Kinds,
): Merged<Kinds[keyof Kinds]['fields']> {
  const shapes = Object.values(kinds).map(({ fields }) => fields);
  return Object.assign({}, ...shapes) as Merged<Kinds[keyof Kinds]['fields']>;
}
