// The fields of an HTTP message: which are for the other end and which for this connection only (RFC 9110, 7.6.1).
import type { IncomingMessage } from 'node:http';

/** Fields that mean one connection, whatever `Connection` says of them. */
const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** A client must not make them go away by naming them in `Connection`: without them a message has another end, or another target. */
const NEVER_OF_CONNECTION = new Set(['content-length', 'host', 'cookie', 'authorization']);

/** Many a server reads `_` in a name as `-`. */
const FRAMING = /^(content_length|transfer_encoding)$/;

/** RFC 9110, 6.5.1: what says how a message is framed, routed or who asks comes before the body or not at all. */
const NO_TRAILER =
  /^(content-(length|encoding|type|range)|transfer-encoding|trailer|host|te|connection|upgrade|expect|authorization|cookie|set-cookie|age|vary|cache-control|location|forwarded|x-forwarded-.*|x-real-ip|fairlead-.*)$/;

/** Names and values in turn, as they came, without those of one connection and those that `without` names (in lower case, `_` as `-`). */
export function endToEnd(raw: readonly string[], without: (name: string) => boolean): string[] {
  const pairs = pairsOf(raw);
  const named = new Set(
    pairs
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.toLowerCase().split(','))
      .map((one) => one.trim())
      .filter((one) => !NEVER_OF_CONNECTION.has(one)),
  );
  return pairs
    .filter(([written]) => {
      const name = written.toLowerCase();
      if (FRAMING.test(name)) return false;
      return !OF_CONNECTION.has(name) && !named.has(name) && !without(name.replaceAll('_', '-'));
    })
    .flat();
}

export function trailersOf(message: IncomingMessage): [string, string][] {
  return pairsOf(message.rawTrailers).filter(([name]) => !NO_TRAILER.test(name.toLowerCase()));
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return pairs;
}

export function carriesBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** Path and host of a request; of `GET http://host/path` both are in its first line (RFC 9112, 3.2.2). */
export function originForm({ url = '/', headers }: IncomingMessage): {
  path: string;
  host?: string;
} {
  const host = headers.host;
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) {
    const parsed = new URL(url);
    return { path: `${parsed.pathname}${parsed.search}`, host: parsed.host };
  }
  const path = url.startsWith('/') || url === '*' ? url : `/${url}`;
  return { path, ...(host !== undefined && { host }) };
}
