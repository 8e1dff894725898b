// The rule of a route that leads to a service: what it says, and what it is to say. Pure. Rows of the rule that are not
// Fairlead's, other rules and filters stay as they are.
import { Failure } from '../../domain/failure.ts';
import type { ServiceRef, Weight, Weights } from '../../domain/rollout/model.ts';
import type { TrafficRecord } from '../../domain/traffic/traffic-rules.ts';
import { normalised } from '../../domain/traffic/weights.ts';
import { objectName, recordName, MANAGER } from './names.ts';
import { NEW_RECORD, readRecord, writeRecord, type ServiceRecord } from './record.ts';
import { stableIn, type KubernetesSettings } from './settings.ts';
import type { BackendRef, ManagedField, Route, RouteRule } from './shapes.ts';

/** A service, and where its route leads. */
export interface RoutePlace {
  ref: ServiceRef;
  settings: KubernetesSettings;
  /** What holds of a service of which Fairlead has changed nothing yet: the Helm release or Deployment that was there before, and who is led there. */
  adopted?: ServiceRecord;
}

/** What a route says of a service. */
export interface RouteView {
  /** The record, with the traffic as the rule has it. */
  record: ServiceRecord;
  /** As Fairlead wrote it, or as it was found; null before anything of the service was there. */
  stored: ServiceRecord | null;
  /** Users get what Fairlead set: the rule is as the record says. */
  asRecorded: boolean;
}

/** Of weights that are no whole percents: a ref's weight may be at most a million. */
const FINE = 10_000;

export function viewOf(route: Route, place: RoutePlace): RouteView {
  const what = nameOf(place);
  const { refs } = ruleOf(route, place);
  const text = storedIn(route, place);
  if (text === undefined) {
    const { adopted } = place;
    return { record: adopted ?? NEW_RECORD, stored: adopted ?? null, asRecorded: true };
  }
  const record = readRecord(text, what);
  if (isAsRecorded(refs, record, place)) return { record, stored: record, asRecorded: true };
  const { beforeStop, ...traffic } = record.traffic;
  const isClosed = refs.some((one) => isClosedRef(one, place) && weightOf(one) > 0);
  const found = foundWeights(refs, record, place);
  const stopped = isClosed && found.length === 0;
  return {
    record: {
      ...record,
      traffic: { ...traffic, stopped, weights: found, beforeStop: stopped ? beforeStop : [] },
    },
    stored: record,
    asRecorded: false,
  };
}

function storedIn({ metadata }: Route, { ref }: RoutePlace): string | undefined {
  return metadata.annotations?.[recordName(ref)];
}

/** Fairlead has changed something of the service. */
export function hasRecord(route: Route, place: RoutePlace): boolean {
  return storedIn(route, place) !== undefined;
}

/** The route with what a record says of its service, in the place of what the record before it said. */
export function withRecord(
  route: Route,
  place: RoutePlace,
  { before, after }: { before: ServiceRecord; after: ServiceRecord },
): Route {
  const { index, refs } = ruleOf(route, place);
  const names = new Set([...namesIn(before, place), ...namesIn(after, place)]);
  const others = refs.filter((one) => !isOwnRef(one, place, names));
  // While a service is stopped nobody else serves its users either.
  const quiet = after.traffic.stopped ? others.map((one) => ({ ...one, weight: 0 })) : others;
  const backendRefs = [...quiet, ...ownRefs(after, place)];
  const rules = (route.spec.rules ?? []).map((one, at): RouteRule =>
    at === index ? { ...one, backendRefs } : one,
  );
  return { ...noted(route, place, after), spec: { ...route.spec, rules } };
}

/** The route with a record, and with its rules as they are. */
export function noted(route: Route, place: RoutePlace, record: ServiceRecord): Route {
  const annotations = {
    ...route.metadata.annotations,
    [recordName(place.ref)]: writeRecord(record),
  };
  return { ...route, metadata: { ...route.metadata, annotations } };
}

/** Throws NotFound for a rule that is not there, Refused where nobody says which of several it is. */
export function ruleOf(
  route: Route,
  place: RoutePlace,
): { index: number; rule: RouteRule; refs: BackendRef[] } {
  const rules = route.spec.rules ?? [];
  const { rule: name } = place.settings;
  const index = name === undefined ? 0 : rules.findIndex((one) => one.name === name);
  const rule = rules[index];
  const what = `reading the route ${place.settings.route} of ${nameOf(place)}`;
  if (rule === undefined) {
    const known = rules.map((one) => one.name ?? '(no name)').join(', ') || 'none';
    throw new Failure(
      'NotFound',
      `${what}: it has no rule ${name ?? 'at all'} (it has: ${known}); add it, or correct kubernetes.rule`,
    );
  }
  if (name === undefined && rules.length > 1) {
    throw new Failure(
      'Refused',
      `${what}: it has ${rules.length} rules; give one a name, and say it as kubernetes.rule`,
    );
  }
  return { index, rule, refs: rule.backendRefs ?? [] };
}

/** What is not Fairlead's and gets users of the service by its rule, in a sentence; undefined when nothing does. */
export function strangerIn(
  route: Route,
  place: RoutePlace,
  record: ServiceRecord,
): string | undefined {
  const names = namesIn(record, place);
  const others = ruleOf(route, place).refs.filter(
    (one) => !isOwnRef(one, place, names) && weightOf(one) > 0,
  );
  if (others.length === 0) return undefined;
  const named = others.map((one) => `${one.name} (weight ${weightOf(one)})`).join(', ');
  return `the route ${place.settings.route} sends users of ${nameOf(place)} to ${named} as well, which is not Fairlead's: set that weight to 0`;
}

/** The share of users (percent) that a rule gives to a revision, whatever the record says. */
export function shareOf(
  route: Route,
  place: RoutePlace,
  { record, revision }: { record: ServiceRecord; revision: string },
): number {
  const { refs } = ruleOf(route, place);
  const sum = sumOf(refs);
  const { name } = backendOf(record, place, revision);
  const own = refs.find((one) => one.name === name && !isClosedRef(one, place));
  return own === undefined || sum === 0 ? 0 : (weightOf(own) / sum) * 100;
}

/** All users of a service are led to one Service, which need not be Fairlead's. */
export function leadsOnlyTo(route: Route, place: RoutePlace, service: string): boolean {
  const carrying = ruleOf(route, place).refs.filter((one) => weightOf(one) > 0);
  return carrying.length > 0 && carrying.every(({ name }) => name === service);
}

/** Who set the rules of a route last, as its managed fields say; undefined when that was Fairlead. */
export function changedBy(fields: readonly ManagedField[] | undefined): string | undefined {
  const last = (fields ?? [])
    .filter(({ fieldsV1, manager }) => manager !== MANAGER && hasRules(fieldsV1))
    .sort((a, b) => (a.time ?? '').localeCompare(b.time ?? ''))
    .at(-1);
  if (last === undefined) return undefined;
  return `${last.manager ?? 'somebody'}${last.time === undefined ? '' : ` at ${last.time}`}`;
}

function hasRules(fields: Record<string, unknown> | undefined): boolean {
  const spec = fields?.['f:spec'];
  return typeof spec === 'object' && spec !== null && 'f:rules' in spec;
}

function isAsRecorded(
  refs: readonly BackendRef[],
  record: ServiceRecord,
  place: RoutePlace,
): boolean {
  const carrying = refs.filter((one) => weightOf(one) > 0);
  const wanted = ownRefs(record, place);
  const [given, asked] = [sumOf(carrying), sumOf(wanted)];
  return (
    carrying.length === wanted.length &&
    wanted.every((one) =>
      carrying.some(
        (found) =>
          found.name === one.name &&
          (found.namespace ?? place.settings.namespace) ===
            (one.namespace ?? place.settings.namespace) &&
          weightOf(found) * asked === weightOf(one) * given,
      ),
    )
  );
}

/** The shares that a rule gives, whoever they are given to: what is not Fairlead's goes by its own name. */
function foundWeights(
  refs: readonly BackendRef[],
  record: ServiceRecord,
  place: RoutePlace,
): Weights {
  const known = knownIn(record.traffic);
  const carrying = refs.filter((one) => weightOf(one) > 0 && !isClosedRef(one, place));
  const sum = sumOf(carrying);
  return carrying.map((one) => {
    const found = known.find(
      ({ revision }) => backendOf(record, place, revision).name === one.name,
    );
    const percent = Math.round((weightOf(one) / sum) * 100 * FINE) / FINE;
    return { revision: found?.revision ?? one.name, version: found?.version ?? one.name, percent };
  });
}

function ownRefs(record: ServiceRecord, place: RoutePlace): BackendRef[] {
  const { traffic } = record;
  const { closed, namespace } = place.settings;
  if (traffic.stopped) {
    const elsewhere = closed.namespace !== undefined && closed.namespace !== namespace;
    return [
      {
        ...{ group: '', kind: 'Service', name: closed.service },
        ...(elsewhere && { namespace: closed.namespace }),
        ...{ port: closed.port, weight: 1 },
      },
    ];
  }
  const weights = normalised(traffic.weights);
  const isWhole = weights.every(({ percent }) => Number.isInteger(percent));
  return weights.map(({ revision, percent }) => ({
    ...{ group: '', kind: 'Service', ...backendOf(record, place, revision) },
    weight: isWhole ? percent : Math.round(percent * FINE),
  }));
}

/** The port of the Service of each revision, whatever port its program has. */
export const SERVICE_PORT = 80;

/** The release carries a revision when it stands on it, and is not on its way elsewhere. */
export function isReleased({ release }: ServiceRecord, revision: string): boolean {
  return release !== undefined && release.to === undefined && release.spec.id === revision;
}

/** The Service that the users of a revision are led to. */
function backendOf(
  record: ServiceRecord,
  { ref, settings }: RoutePlace,
  revision: string,
): { name: string; port: number } {
  const stable = stableIn(settings);
  if (stable !== undefined && isReleased(record, revision)) return stable.service;
  return { name: objectName(ref, revision), port: SERVICE_PORT };
}

function isOwnRef(one: BackendRef, place: RoutePlace, names: ReadonlySet<string>): boolean {
  if (isClosedRef(one, place)) return true;
  const isService = (one.kind ?? 'Service') === 'Service' && (one.group ?? '') === '';
  const isHere = (one.namespace ?? place.settings.namespace) === place.settings.namespace;
  return isService && isHere && names.has(one.name);
}

/** The Services of all revisions that a record knows, the release's among them. */
function namesIn({ traffic }: ServiceRecord, { ref, settings }: RoutePlace): Set<string> {
  const stable = stableIn(settings);
  const own = knownIn(traffic).map(({ revision }) => objectName(ref, revision));
  return new Set(stable === undefined ? own : [...own, stable.service.name]);
}

function knownIn({
  weights,
  beforeStop,
  served,
  began,
}: TrafficRecord): Pick<Weight, 'revision' | 'version'>[] {
  const carried = [...served, ...(began?.served ?? [])].map(({ spec }) => ({
    revision: spec.id,
    version: spec.version,
  }));
  return [...weights, ...beforeStop, ...(began?.weights ?? []), ...carried];
}

function isClosedRef(one: BackendRef, { settings }: RoutePlace): boolean {
  const { closed, namespace } = settings;
  return (
    one.name === closed.service &&
    (one.namespace ?? namespace) === (closed.namespace ?? namespace) &&
    one.port === closed.port
  );
}

function weightOf({ weight }: BackendRef): number {
  return weight ?? 1;
}

function sumOf(refs: readonly BackendRef[]): number {
  return refs.reduce((all, one) => all + weightOf(one), 0);
}

export function nameOf({ ref }: RoutePlace): string {
  return `${ref.system}/${ref.service}`;
}
