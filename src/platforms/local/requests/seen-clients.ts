// Of whom the requests were that came to a service.
import { hash } from 'node:crypto';
import type { TrafficState } from '../../../domain/rollout/model.ts';

/** A share of 1 % of the clients needs a hundred. */
const MOST_KNOWN = 128;

/** Whose requests came since it was decided last who is let in. Who they are is not kept: hashes of at most 128 clients are. */
export class SeenClients {
  readonly #clients = new Distinct();
  readonly #addresses = new Distinct();
  #requests = 0;
  #letIn = 0;

  note(client: string, address: string, isLetIn: boolean): void {
    this.#requests += 1;
    if (isLetIn) this.#letIn += 1;
    this.#clients.add(client);
    this.#addresses.add(address);
  }

  /** Nothing before the first request. */
  get state(): Pick<TrafficState, 'clients'> {
    const [requests, letIn] = [this.#requests, this.#letIn];
    if (requests === 0) return {};
    const [clients, addresses] = [this.#clients.size, this.#addresses.size];
    return { clients: { requests, letIn, clients, addresses, atMost: MOST_KNOWN } };
  }
}

class Distinct {
  readonly #hashes = new Set<string>();
  #last: string | undefined;

  add(text: string): void {
    if (text === this.#last || this.#hashes.size >= MOST_KNOWN) return;
    this.#last = text;
    this.#hashes.add(hash('sha256', text, 'base64').slice(0, 12));
  }

  get size(): number {
    return this.#hashes.size;
  }
}
