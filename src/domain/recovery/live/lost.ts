// A datastore whose own place is gone: nothing is fenced and nothing compared. It is restored at another place, services are
// bound to that, and what was written since the recovery point is lost, whatever it was.
import type { BoundPlace } from '../binding.ts';
import type { DatastoreCapabilities } from '../../capabilities.ts';
import { Failure } from '../../failure.ts';
import type { Plan, PlanStep } from '../../operation/plan.ts';
import { NO_UNDO } from '../../text/plan-words.ts';

const SERVER = /^(?<host>\[[0-9a-f:]+\]|[^\s:/]+):(?<port>\d{1,5})(?:\/(?<database>[^/\s]+))?$/i;

/** The fields of a place that a person named. Throws BadInput with what a kind takes. */
export function placeNamed(
  text: string,
  { place }: Pick<DatastoreCapabilities, 'place'>,
): BoundPlace {
  if (place.includes('directory')) return { directory: text };
  const { host, port, database } = SERVER.exec(text)?.groups ?? {};
  const number = Number(port);
  if (host === undefined || number < 1 || number > 65_535) throw unread(text);
  if (database === undefined) return { host: unbracketed(host), port: number };
  if (!place.includes('database')) throw unread(text);
  return { host: unbracketed(host), port: number, database };
}

function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function unread(text: string): Failure {
  const message = `recovering into ${text}: a server is named as HOST:PORT, or HOST:PORT/DATABASE where it has several`;
  return new Failure('BadInput', message);
}

export function placeWords(place: BoundPlace): string {
  const { host, port, database, directory } = place;
  if (directory !== undefined) return String(directory);
  if (host === undefined) return `the database ${database ?? ''}`;
  return `${host}:${port ?? ''}${database === undefined ? '' : `/${database}`}`;
}

/** What is said of a datastore that is not gone; `answers`: what shows it, as a sentence. */
export function notLost(datastore: string, answers: string): string {
  return `${answers}: ${datastore} is not lost; recover it in its place without --lost, or keep it off the network first`;
}

interface Moved {
  datastore: string;
  copy: string;
  place: BoundPlace;
}

export function lookLostStep({ datastore, place }: Omit<Moved, 'copy'>): PlanStep {
  return {
    id: 'preflight',
    title: `Look whether ${datastore} is gone, and whether it can be restored into ${placeWords(place)}`,
    undo: NO_UNDO,
    action: { kind: 'lookLost', datastore, place },
  };
}

export function bindStep({ datastore, copy, place }: Moved): PlanStep {
  return {
    id: `bind-${datastore}`,
    title: `Bind: ${placeWords(place)} is ${datastore} from now on`,
    undo: 'none: what was live is gone',
    action: { kind: 'bindElsewhere', datastore, copy, place },
  };
}

/** Before anything is started on it. */
export function judgeMovedStep({ datastore, copy }: Omit<Moved, 'place'>): PlanStep {
  return {
    id: `moved-${datastore}`,
    title: `Read what is found under the name of ${datastore}: it has to be the copy, and services have to be let in`,
    undo: NO_UNDO,
    action: { kind: 'judgeMoved', datastore, copy },
  };
}

/** For a service that does not read the address from `{{binding...}}`. */
export function askMovedStep(service: string, datastore: string, place: BoundPlace): PlanStep {
  const where = placeWords(place);
  return {
    id: `address-${service}`,
    title: `A person gives ${service} the new address of ${datastore} (${where}), and ticks it`,
    undo: 'none: it is where the data are',
    action: { kind: 'askMoved', datastore, service, where },
  };
}

/** What a plan restores elsewhere, in its order; none where it exchanges. */
export function lostIn({ steps }: Pick<Plan, 'steps'>): { datastore: string; where: string }[] {
  return steps.flatMap(({ action }) =>
    action.kind === 'bindElsewhere'
      ? [{ datastore: action.datastore, where: placeWords(action.place) }]
      : [],
  );
}
