// What is done with alerts that were posted for a system: each opens its incident, joins it, or says that it is over. Only changes
// of state are sent: what was sent before, or was known when its incident was closed, is a repeat.
import { Failure } from '../domain/failure.ts';
import { MOST_ALERTS, type AlertChange } from '../domain/incident/alerts.ts';
import { ALERT_STORM, GATHERING, UNKNOWN_ALERTS } from '../domain/incident/alert-names.ts';
import {
  alertRequest,
  MOST_OPEN,
  placeOf,
  stormPlace,
  type AlertPlace,
} from '../domain/incident/alert-places.ts';
import { alertDelivery } from '../domain/incident/alertmanager.ts';
import { incidentId } from '../domain/incident/incident.ts';
import { peopleOf } from '../domain/incident/people.ts';
import type { LoadedSystem } from '../domain/loaded-system.ts';
import type { IncidentState, Incidents } from './incidents.ts';
import { Lanes } from './lanes.ts';

export interface TakenAlerts {
  /** How many alerts were taken. */
  accepted: number;
  /** The incidents that they belong to. */
  incidents: string[];
  /** Names of alerts that the system file does not have. */
  unknown: string[];
  /** Alerts that Alertmanager left out. */
  left: number;
  /** Why the system file as it is could not be read; null where it could. */
  problem: string | null;
}

export interface TakeAlerts {
  /** Throws a `Failure`: BadInput for what Alertmanager does not post, NotFound for a system that is not there, Unavailable. */
  take(system: string, posted: unknown): Promise<TakenAlerts>;
}

interface Item {
  system: string;
  place: AlertPlace;
  change: AlertChange;
}

/** What was sent is remembered for so many alerts; a repeat of one that was forgotten is sent once more, and changes nothing. */
const MOST_REMEMBERED = 20_000;
/** How long (ms) a system file is believed. */
const FILE_FOR_MS = 500;
/** How long (ms) a count of open incidents is believed. */
const COUNT_FOR_MS = 5_000;

/** How many incidents of a system are open, with those that are being opened; believed until then (ms). */
interface Counted {
  counted: Promise<{ count: number }>;
  until: number;
}

interface Ports {
  incidents: Incidents;
  /** Throws a `Failure` BadInput or NotFound. */
  load(system: string): Promise<LoadedSystem>;
  now(): number;
}

export function alertsTaker(ports: Ports): TakeAlerts {
  const lastGood = new Map<string, LoadedSystem>();
  const read = new Map<string, { loaded: Promise<LoadedSystem>; until: number }>();
  const delivery = new Delivery(ports);
  return {
    take: async (system, posted) => {
      const { alerts, left } = alertDelivery(posted);
      const { loaded, problem } = await systemFile(system);
      // The incident needs not read them then before it is open.
      const known = loaded && { people: peopleOf(loaded.system.people) };
      const items = alerts.map((change) => ({
        ...{ system, change },
        place: { ...placeOf(change.name, loaded?.system.alerts), ...known },
      }));
      await delivery.deliver(items);
      const isUnknown = ({ place }: Item): boolean => place.id === UNKNOWN_ALERTS;
      return {
        ...{ accepted: items.length, left, problem },
        incidents: distinct(items.map(({ place }) => incidentId(system, place.id))),
        unknown: distinct(items.filter(isUnknown).map(({ change }) => change.name)),
      };
    },
  };

  /** In a flood a file is not read for each request. */
  function load(name: string): Promise<LoadedSystem> {
    const known = read.get(name);
    if (known !== undefined && known.until > ports.now()) return known.loaded;
    const loaded = ports.load(name);
    read.clear();
    read.set(name, { loaded, until: ports.now() + FILE_FOR_MS });
    return loaded;
  }

  /** A file that an edit broke loses no alert: it counts as it was when it last loaded. */
  async function systemFile(
    name: string,
  ): Promise<{ loaded: LoadedSystem | undefined; problem: string | null }> {
    try {
      const loaded = await load(name);
      lastGood.set(name, loaded);
      return { loaded, problem: null };
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== 'BadInput') throw error;
      return { loaded: lastGood.get(name), problem: error.message };
    }
  }
}

class Delivery {
  readonly #ports: Ports;
  readonly #lanes: Lanes<Item>;
  /** By alert and incident: the change of state that was sent last. */
  readonly #sent = new Map<string, string>();
  readonly #open = new Map<string, Counted>();

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#lanes = new Lanes((_, items) => this.#send(items));
  }

  async deliver(items: readonly Item[]): Promise<void> {
    const byLane = new Map<string, Item[]>();
    for (const item of items) {
      const key = `${item.system}/${item.place.id}`;
      byLane.set(key, [...(byLane.get(key) ?? []), item]);
    }
    const sent = [...byLane].map(([key, some]) => this.#lanes.add(key, some));
    // All of them end before anything is thrown: what is thrown for one is posted again, and what was sent is a repeat then.
    const failed = (await Promise.allSettled(sent)).find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Items of one incident, in the order in which they came. */
  async #send(items: readonly Item[]): Promise<void> {
    const [first] = items;
    if (first === undefined) return;
    const { system, place } = first;
    const state = await this.#ports.incidents.state(system, place.id);
    const isOpen = state.is === 'open';
    const news = items.filter((item) => !this.#isRepeat(item, state));
    const over = news.filter((item) => isOver(item) && (!isOpen || this.#wentElsewhere(item)));
    await this.#endElsewhere(system, over);
    if (news.some((item) => isOpen || !isOver(item))) {
      const goes = isOpen || place.gathers || (await this.#mayOpen(system, news));
      if (goes) await this.#openOrJoin(system, place, news);
      else await this.#joinStorm(system, news);
    }
    for (const item of news) this.#remember(item);
  }

  /** May an incident of its own be opened for the alerts? Not while they are in a storm, and not while too many are open. */
  async #mayOpen(system: string, items: readonly Item[]): Promise<boolean> {
    const inStorm = items.some((item) => this.#sent.get(keyOf(inStormOf(item))) === mark(item));
    if (inStorm) return false;
    const known = this.#open.get(system);
    const fresh =
      known !== undefined && known.until > this.#ports.now() ? known : this.#count(system);
    const counted = await fresh.counted;
    if (counted.count >= MOST_OPEN) return false;
    counted.count += 1;
    return true;
  }

  #count(system: string): Counted {
    const counted = this.#ports.incidents.countOpen(system).then((count) => ({ count }));
    const fresh = { counted, until: this.#ports.now() + COUNT_FOR_MS };
    this.#open.set(system, fresh);
    counted.catch(() => this.#open.delete(system));
    return fresh;
  }

  async #joinStorm(system: string, items: readonly Item[]): Promise<void> {
    await this.#lanes.add(`${system}/${ALERT_STORM}`, items.map(inStormOf));
  }

  async #openOrJoin(system: string, place: AlertPlace, items: readonly Item[]): Promise<void> {
    const severity = items.map((one) => one.place.severity).toSorted()[0] ?? place.severity;
    const request = alertRequest(system, { ...place, severity });
    for (let from = 0; from < items.length; from += MOST_ALERTS) {
      const part = items.slice(from, from + MOST_ALERTS);
      await this.#ports.incidents.openOrJoin(request, changesOf(part));
    }
  }

  /** An alert that is over is so in the incidents that gather alerts too: it may have gone there. */
  async #endElsewhere(system: string, items: readonly Item[]): Promise<void> {
    const [first] = items;
    if (first === undefined) return;
    for (const id of GATHERING.filter((one) => one !== first.place.id)) {
      for (let from = 0; from < items.length; from += MOST_ALERTS) {
        const part = changesOf(items.slice(from, from + MOST_ALERTS));
        if (!(await this.#ports.incidents.tell(system, id, part))) break;
      }
    }
  }

  #wentElsewhere(item: Item): boolean {
    return GATHERING.some(
      (id) =>
        id !== item.place.id && this.#sent.has(keyOf({ ...item, place: { ...item.place, id } })),
    );
  }

  #isRepeat(item: Item, state: IncidentState): boolean {
    const { change } = item;
    if (state.is === 'open') return this.#sent.get(keyOf(item)) === mark(item);
    if (state.is === 'none') return false;
    const { alerts, more, closedAt } = state;
    const known = alerts.find(({ fingerprint }) => fingerprint === change.fingerprint);
    // Of what was only counted nobody knows more than when the incident was closed.
    const until = known?.at ?? (more > 0 ? closedAt : undefined);
    return until !== undefined && Date.parse(change.at) <= Date.parse(until);
  }

  #remember(item: Item): void {
    const key = keyOf(item);
    this.#sent.delete(key);
    this.#sent.set(key, mark(item));
    const [oldest] = this.#sent.keys();
    if (this.#sent.size > MOST_REMEMBERED && oldest !== undefined) this.#sent.delete(oldest);
  }
}

function changesOf(items: readonly Item[]): AlertChange[] {
  return items.map(({ change, place }) =>
    place.id === ALERT_STORM ? { ...change, severity: place.severity } : change,
  );
}

function keyOf({ system, place, change }: Item): string {
  return `${system}/${place.id}/${change.fingerprint}`;
}

function mark({ change: { state, at } }: Item): string {
  return `${state} ${at}`;
}

function isOver({ change }: Item): boolean {
  return change.state === 'resolved';
}

function inStormOf(item: Item): Item {
  return { ...item, place: stormPlace(item.place) };
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
