// Where each service and each revision is reached. A service listens on every address that its revisions
// name (a new version may move the port: both answer until the old one is removed), each revision also on a
// preview port of its own.
import type { Server } from 'node:http';
import { Failure } from '../../domain/failure.ts';
import { describeHolder, portHolder } from '../../machine/port-holder.ts';
import { hostInUrl } from '../../machine/host-in-url.ts';
import type { RevisionSpec } from '../../domain/rollout/model.ts';
import type { HostedService } from './hosted-service.ts';
import { Listeners, openPreview, stopListening } from './listeners.ts';
import { previewHandlers, serviceHandlers, type RouterParts } from './requests/router.ts';
import { processOf } from './start-process.ts';
import type { RevisionRecord } from './state.ts';

interface Address {
  host: string;
  port: number;
}

export class Addresses {
  readonly #listeners = new Listeners();
  readonly #previews = new Map<string, Server>();
  readonly #router: RouterParts;
  readonly #offset: number;
  readonly #note: (message: string) => void;

  constructor(input: { router: RouterParts; offset: number; note: (message: string) => void }) {
    this.#router = input.router;
    this.#offset = input.offset;
    this.#note = input.note;
  }

  of(address: Address): Address {
    return { host: address.host, port: address.port + this.#offset };
  }

  urlOf(service: HostedService): string {
    const { address } = service.record;
    if (!address) return '';
    const { host, port } = this.of(address);
    return `http://${reachable(host)}:${port}`;
  }

  /** Why users' requests to the service do not come to this host, as a sentence; undefined where they do. */
  notReached(service: HostedService): string | undefined {
    const { address } = service.record;
    if (!address || this.ownerOf(this.of(address)) === service.key) return undefined;
    const { host, port } = this.of(address);
    const holder = describeHolder(portHolder(port, host));
    return `its port ${port} is held by ${holder}, and the local host tries again every second to have it: end that`;
  }

  /** The service that this host listens for there. */
  ownerOf(address: Address): string | undefined {
    return this.#listeners.holderOf(address);
  }

  async open(service: HostedService, spec: RevisionSpec): Promise<void> {
    const address = this.of(processOf(spec));
    if (address.port > 65_535) {
      throw new Failure(
        'BadInput',
        `listening for ${service.key}: port ${spec.program.port} plus the offset ${this.#offset} is over 65535; choose a smaller offset`,
      );
    }
    await this.#listeners.open(service.key, address, serviceHandlers(service, this.#router));
  }

  async openPreview(service: HostedService, record: RevisionRecord): Promise<void> {
    const key = previewKey(record.spec);
    if (this.#previews.has(key)) return;
    const handlers = previewHandlers(service, record.spec.id, this.#router);
    const { port, server } = await openPreview(record.previewPort, handlers);
    record.previewPort = port;
    this.#previews.set(key, server);
  }

  /** After a restart of the host a port may be taken: the others must work all the same. */
  async resume(service: HostedService): Promise<void> {
    const handlers = serviceHandlers(service, this.#router);
    for (const { record } of service.runners.values()) {
      await this.#listeners.keepTrying(
        service.key,
        this.of(processOf(record.spec)),
        handlers,
        this.#note,
      );
      await this.openPreview(service, record);
    }
  }

  /** A revision is gone: its preview, and the addresses that nobody names any more. */
  forget(service: HostedService, spec: RevisionSpec): void {
    const preview = this.#previews.get(previewKey(spec));
    if (preview) stopListening(preview);
    this.#previews.delete(previewKey(spec));
    const used = [...service.runners.values()].map((runner) =>
      this.of(processOf(runner.record.spec)),
    );
    const keep = new Set(used.map(({ host, port }) => `${host}:${port}`));
    this.#listeners.closeAllBut(service.key, keep);
  }

  stopAccepting(): void {
    this.#listeners.stopAccepting();
    for (const server of this.#previews.values()) stopListening(server);
  }

  closeConnections(): void {
    this.#listeners.closeConnections();
    for (const server of this.#previews.values()) server.closeAllConnections();
  }
}

function previewKey(spec: RevisionSpec): string {
  return `${spec.system}/${spec.service}/${spec.id}`;
}

function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return hostInUrl(host);
}
