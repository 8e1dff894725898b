// Who gets in while only a part of the clients is admitted. Pure and without memory: a client's place in
// [0, 100) is a hash, and it is in when its place is below the percent; so raising the percent never throws
// anyone out. A client is its `fairlead-client` cookie or, without one, its address and user agent; the host
// never sets that cookie itself (answers are the service's own).
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const COOKIE = /(?:^|;\s*)fairlead-client=([^;]*)/;

export function clientKey(headers: IncomingHttpHeaders, address: string | undefined): string {
  const cookie = COOKIE.exec(headers.cookie ?? '')?.[1];
  if (cookie) return `cookie ${cookie}`;
  return `address ${address ?? ''} ${headers['user-agent'] ?? ''}`;
}

/** `salt` (the service) keeps one client from being the unlucky one everywhere. */
export function admits(client: string, percent: number, salt: string): boolean {
  if (percent >= 100) return true;
  const place = createHash('sha256').update(`${salt}\n${client}`).digest().readUInt32BE(0);
  return (place / 2 ** 32) * 100 < percent;
}
