// Where a live place is connected to. Used by whoever probes.
import { lookup } from 'node:dns/promises';
import type { LivePlace } from '../../../domain/recovery/isolation.ts';
import type { ProbedPlace } from './protocol.ts';

/** A name is looked up outside: inside there is nobody to ask. */
export async function placeOf(place: LivePlace): Promise<ProbedPlace> {
  if (place.kind === 'folder') return { kind: 'folder', path: place.path };
  const found = await lookup(place.host, { all: true }).catch(() => []);
  return { kind: 'address', port: place.port, addresses: found.map(({ address }) => address) };
}
