// What a person does in the place of each kind of step, one function a kind. A step that is a person's alone, or that only
// Fairlead's own record needs, says so.
import type { Service } from '../../config/system.ts';
import type { LoadedSystem } from '../loaded-system.ts';
import { commandText } from '../text/command-text.ts';
import { placeWords } from '../recovery/live/lost.ts';
import { adoptedBy } from '../recovery/live/adopted.ts';
import { migrationCommand, otherWriters } from '../recovery/live/writers.ts';
import type { PlanStep, StepAction } from '../operation/plan.ts';
import { besideWords, madeByService } from './beside-steps.ts';
import { datastoreStep, type HandStep } from './datastore-step.ts';
import { WRITTEN_ROWS } from './written-steps.ts';
import {
  inFolder,
  line,
  person,
  type ByHand,
  type DatastoreByHand,
  type ServiceByHand,
} from './by-hand.ts';

/** What the steps of one plan are about. */
export interface HandContext {
  loaded: LoadedSystem;
  /** By datastore. */
  datastores: Record<string, DatastoreByHand>;
  /** By service; none where its platform says nothing. */
  services: Record<string, ServiceByHand>;
}

type Rows = {
  [Kind in StepAction['kind']]: (
    action: Extract<StepAction, { kind: Kind }>,
    context: HandContext,
  ) => ByHand;
};

const SEEN_ABOVE = 'Nothing to type: what is needed was seen above.';
const RECORDED = 'Write down what was done, when and by whom: nothing records it.';
const DRILLS =
  'A drill takes namespaces of its own; by hand, use a machine that reaches nothing live.';

const ROWS: Rows = {
  check: ({ point, service, revision }, context) =>
    checked(context, { service, point, ...(revision !== undefined && { revision }) }),
  ensure: ({ service, spec, replicas }, context) =>
    onPlatform(context, service, `start ${spec.version}`, (hand) => hand.ensure(spec, replicas)),
  ready: ({ service, revision }, context) =>
    onPlatform(context, service, `wait until ${revision} answers`, (hand) => hand.ready(revision)),
  weights: ({ service, weights }, context) =>
    onPlatform(context, service, 'set the weights', (hand) => hand.weights(weights)),
  watch: ({ service }) => person(`Look at the metrics of ${service}.`),
  opening: () => person('Have the maintenance window approved before users are kept out.'),
  hotfix: () => person('No change window is open: have it let through before anything is changed.'),
  stop: ({ service }, context) =>
    onPlatform(context, service, 'keep users out', (hand) => hand.stop()),
  admit: ({ service, percent }, context) =>
    onPlatform(context, service, `let ${percent} % in`, (hand) => hand.admit(percent)),
  scale: ({ service, revision, replicas }, context) =>
    onPlatform(context, service, `run ${replicas} replicas`, (hand) =>
      hand.scale(revision, replicas),
    ),
  restart: ({ service, revision }, context) =>
    onPlatform(context, service, `restart ${revision}`, (hand) => hand.restart(revision)),
  retire: ({ service, revision, delay }, context) => {
    const { type, see } = onPlatform(context, service, `remove ${revision}`, (hand) =>
      hand.remove(revision),
    );
    return { type: [...slept(delay), ...type], see };
  },
  scaleBack: ({ service, replicas, delay }) =>
    person(`After ${delay / 1000} s: run ${replicas} replicas of ${service} again.`),
  remove: ({ service, revision }, context) =>
    onPlatform(context, service, `remove ${revision}`, (hand) => hand.remove(revision)),
  settle: ({ service, version }) =>
    person(`Bring the platform's own object of ${service} to ${version}.`),
  backup: ({ datastore }, context) => onDatastore(context, datastore, 'backup'),
  retention: () => person('Remove no backup by hand: the next one does it.'),
  rung: (action, context) => {
    const { rung, datastore } = action;
    const adopted = adoptedBy(action);
    if (adopted === undefined) return onDatastore(context, datastore, rung);
    return (
      madeByService(action, adopted, context.loaded) ??
      person(`${rung}: ${adopted} is there already; use it below where a copy is named.`)
    );
  },
  conclude: () => person(RECORDED),
  discard: ({ datastore }) =>
    person(`Nothing to type where the copy went live; else remove the copy of ${datastore}.`),
  lookBothWays: () => person(SEEN_ABOVE),
  inventory: () => person(SEEN_ABOVE),
  isolate: () => person(DRILLS),
  fence: () => person(DRILLS),
  bind: () => person(DRILLS),
  start: () => person(DRILLS),
  usable: () => person(DRILLS),
  production: () => person(SEEN_ABOVE),
  close: () => person(DRILLS),
  concludeRecovery: () => person(RECORDED),
  empty: () => person(DRILLS),
  warm: ({ requests }) => ({
    type: requests.map(({ port, path }) =>
      line('curl', '-fsS', '-o', '/dev/null', `http://127.0.0.1:${port}${path}`),
    ),
    see: [],
  }),
  compareLive: ({ datastore }, context) => onDatastore(context, datastore, 'loss'),
  keepCopy: () =>
    person('Keep the copy from being written to, and remove it when it is not needed any more.'),
  lookAhead: ({ datastores }, context) => {
    const looks = datastores.map((name) => onDatastore(context, name, 'look'));
    return {
      type: ['# nothing: what is there is only looked at'],
      see: looks.flatMap(({ see }) => see),
    };
  },
  stopWriter: ({ writer }, context) => writerByHand(context, writer, 'stop'),
  startWriter: ({ writer }, context) => writerByHand(context, writer, 'start'),
  migrate: (_, { loaded }) => {
    const migration = migrationCommand(loaded.system.recovery);
    if (migration === undefined) return person('Migrate what is live now.');
    const { command, check } = migration;
    return { type: [inFolder(loaded, command)], see: [inFolder(loaded, check)] };
  },
  runBeside: ({ runbook, datastore }, { loaded }) =>
    person(
      `Carry out the runbook ${runbook} on the copy of ${datastore} by hand, and count what will be lost again. Its page, with COPY and QUARANTINED for where the copy and what was live are: ${commandText('run', `${loaded.name}/${runbook}`, '--dry-run', '--format', 'commands', ...besideWords(datastore))}`,
    ),
  askWriter: ({ writer, to }) => person(`Have ${writer} ${to === 'stop' ? 'stopped' : 'started'}.`),
  askOutside: ({ name }, { loaded }) => {
    const list = loaded.system.recovery?.outside?.find((one) => one.name === name);
    return person(`What was sent since the recovery point: ${list?.look ?? name}`);
  },
  writeFence: ({ datastore }, context) => onDatastore(context, datastore, 'fence'),
  quiet: ({ datastore }, context) => onDatastore(context, datastore, 'quiet'),
  lossAgainst: ({ datastore }, context) => onDatastore(context, datastore, 'loss'),
  weighExchange: () =>
    person(
      'Show what will be lost to somebody else, and go on only when that person says so.',
      'Until here everything can be taken back; after it users lose what was shown.',
    ),
  exchange: ({ datastore }, context) => onDatastore(context, datastore, 'exchange'),
  judgeLive: ({ datastore }, context) => onDatastore(context, datastore, 'live'),
  liftFence: ({ datastore }, context) => onDatastore(context, datastore, 'open'),
  lookLost: ({ datastore }) => person(`See that ${datastore} does not answer any more.`),
  bindElsewhere: ({ datastore, place }) =>
    person(`Note that ${datastore} is at ${placeWords(place)} from now on.`),
  judgeMoved: ({ datastore }) =>
    person(`See that ${datastore} is whole at its new place, and that services can log in there.`),
  askMoved: ({ datastore, service, where }) =>
    person(`Give ${service} the new address of ${datastore}: ${where}.`),
  warmLive: ({ datastore, service, revision }, context) =>
    warmed(context, { datastore, service, revision }),
  ...WRITTEN_ROWS,
  flush: ({ datastore }, context) => onDatastore(context, datastore, 'flush'),
  concludeExchange: () =>
    person(RECORDED, 'Keep what was live until nobody needs it; take a backup, and drill it.'),
};

/** What is typed for a step of a plan, and for the gate after it. */
export function byHand({ action, bake, gate }: PlanStep, context: HandContext): ByHand {
  const row = ROWS[action.kind] as (action: StepAction, context: HandContext) => ByHand;
  const { type, see } = row(action, context);
  return {
    type: [
      ...type,
      ...slept(bake?.ms).map(
        (command) =>
          `${command}   # and look at ${bake?.analyses.join(', ') || 'what users get'} meanwhile`,
      ),
      ...(gate === undefined ? [] : [`# ask for the approval ${gate} before what comes next`]),
    ],
    see,
  };
}

function slept(ms = 0): string[] {
  return ms === 0 ? [] : [line('sleep', String(Math.ceil(ms / 1000)))];
}

function onPlatform(
  { services }: HandContext,
  service: string,
  what: string,
  type: (hand: ServiceByHand) => ByHand,
): ByHand {
  const hand = services[service];
  return hand === undefined ? person(`On the platform of ${service}: ${what}.`) : type(hand);
}

function onDatastore({ datastores }: HandContext, datastore: string, step: HandStep): ByHand {
  return datastoreStep(datastore, datastores[datastore] ?? {}, step);
}

function writerByHand({ loaded }: HandContext, name: string, to: 'stop' | 'start'): ByHand {
  const found = otherWriters(loaded.system.recovery).find((one) => one.name === name);
  if (found?.kind !== 'command') return person(`${to} ${name}, which has no command.`);
  const { check } = found.command;
  return {
    type: [inFolder(loaded, found.command[to])],
    see: [`${to === 'stop' ? '' : '! '}${inFolder(loaded, check)}`],
  };
}

function warmed(
  { loaded, services }: HandContext,
  { datastore, service, revision }: { datastore: string; service: string; revision: string },
): ByHand {
  const warm = loaded.system.datastores?.[datastore]?.warm ?? [];
  const asked = warm.filter((one) => one.service === service);
  return {
    type: [
      `url=${services[service]?.preview(revision) ?? `ADDRESS_OF_${revision}`}`,
      ...asked.map(({ http }) => `curl -fsS -o /dev/null ${filled(`{url}${http}`)}`),
    ],
    see: [],
  };
}

/** `$url` is where the checks of a step ask. */
function checked(
  { loaded, services }: HandContext,
  {
    service,
    point,
    revision,
  }: { service: string; point: 'preflight' | 'smoke'; revision?: string },
): ByHand {
  const config = loaded.system.services[service];
  const checks = config?.checks[point] ?? [];
  const live = `http://127.0.0.1:${config?.port ?? 0}`;
  const address = revision === undefined ? live : services[service]?.preview(revision);
  const url = address ?? `ADDRESS_OF_${revision ?? service}`;
  return {
    type: ['# nothing: it is only asked'],
    see: [`url=${url}`, ...checks.map((one) => checkLine(one, loaded.directory))],
  };
}

function checkLine(
  { http, command = [], contains }: Service['checks']['smoke'][number],
  directory: string,
): string {
  const asked =
    http === undefined
      ? `(${line('cd', directory)} && ${command.map(filled).join(' ')})`
      : `curl -fsS ${filled(http.startsWith('/') ? `{url}${http}` : http)}`;
  return contains === undefined
    ? `${asked} > /dev/null`
    : `${asked} | grep -F -q -- ${line(contains)}`;
}

/** A word in which a shell puts in where it asks. */
function filled(word: string): string {
  const parts = word.split(/(\{(?:url|address)\})/);
  const text = parts.map((part) => {
    if (part === '{url}') return '"$url"';
    return part === '{address}' ? '"${url#*//}"' : part === '' ? '' : line(part);
  });
  return text.join('');
}
