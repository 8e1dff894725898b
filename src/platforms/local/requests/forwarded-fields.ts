// Says to a service who asked: X-Forwarded-For, -Proto, -Host, -Port, X-Real-IP, and Forwarded (RFC 7239). A client can write
// anything into these; only what a trusted proxy wrote is passed on.
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { originForm } from '../../../machine/http/http-fields.ts';

/** Every name that services take for who asked, in lower case with `_` as `-`, as WSGI and CGI read them. */
export function saysWhoAsked(name: string): boolean {
  return /^(x-forwarded(-.*)?|forwarded|x-real-ip|x-client-ip|x-cluster-client-ip|x-original-host)$/.test(
    name,
  );
}

/** The proxies of a service's `trustedProxies`: addresses, or ranges such as 10.0.0.0/8. */
export class TrustedProxies {
  readonly #list = new BlockList();

  constructor(written: readonly string[]) {
    for (const one of written) {
      const [address = '', bits] = one.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/** The address that the request came from: the nearest one that is no trusted proxy. */
export function clientAddress(request: IncomingMessage, trusted: TrustedProxies): string {
  let address = peerOf(request);
  for (const before of listed(request, 'x-forwarded-for').reverse()) {
    if (!trusted.has(address)) return address;
    address = plain(before);
  }
  return address;
}

/** The fields that the service gets instead of those that `saysWhoAsked` names; names and values in turn. */
export function forwardedFields(request: IncomingMessage, trusted: TrustedProxies): string[] {
  const peer = peerOf(request);
  const { host = '' } = originForm(request);
  const ours = {
    'x-forwarded-proto': 'http',
    'x-forwarded-host': host,
    'x-forwarded-port': String(request.socket.localPort ?? ''),
    'x-real-ip': clientAddress(request, trusted),
  };
  const node = isIP(peer) === 6 ? `"[${peer}]"` : peer;
  if (!trusted.has(peer)) {
    const hop = `for=${node};host="${host.replaceAll(/["\\]/g, '')}";proto=http`;
    return Object.entries({ 'x-forwarded-for': peer, ...ours, forwarded: hop }).flat();
  }
  const passed = Object.entries(ours).flatMap(([name, value]) => [
    name,
    listed(request, name).join(', ') || value,
  ]);
  const hops = listed(request, 'forwarded');
  const more = hops.length > 0 ? ['forwarded', [...hops, `for=${node}`].join(', ')] : [];
  return [
    'x-forwarded-for',
    [...listed(request, 'x-forwarded-for'), peer].join(', '),
    ...passed,
    ...more,
  ];
}

function listed({ headersDistinct }: IncomingMessage, name: string): string[] {
  return (headersDistinct[name] ?? [])
    .flatMap((line) => line.split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function peerOf({ socket }: IncomingMessage): string {
  return plain(socket.remoteAddress ?? '');
}

/** Without brackets and port, and IPv4 as such where the socket speaks both. */
function plain(written: string): string {
  const address = written.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^::ffff:(?=\d+\.)/i, '');
  return /^[\d.]+:\d+$/.test(address) ? address.replace(/:\d+$/, '') : address;
}
