// The key of a door for people: a link that holds it is opened once, and the browser keeps it in a cookie from then on.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const PARAMETER = 'key';

/**
 * A name of the loopback that is this door's alone. Browsers send a cookie to each port of a host, so to whoever listens on
 * another one: with a name of its own the key comes to this door only.
 */
export function ownName(): string {
  return `fairlead-${randomBytes(6).toString('hex')}.localhost`;
}

/** The path of a link that lets a browser in: `/?key=...`. */
export function keyedPath(path: string, key: string): string {
  return `${path}?${PARAMETER}=${key}`;
}

/** Whether a request shows the key in its cookie. Cookies belong to a host, not to a port: their name says which door. */
export function showsKey(request: IncomingMessage, key: string, port: number): boolean {
  const pairs = (request.headers.cookie ?? '').split(';').map((one) => one.trim());
  const prefix = `${cookieName(port)}=`;
  return pairs.some((one) => one.startsWith(prefix) && isSame(one.slice(prefix.length), key));
}

/** Answers a request that shows no cookie: by the way in without the key, or by a sentence. */
export function askForKey(
  request: IncomingMessage,
  response: ServerResponse,
  { key, port, hint }: { key: string; port: number; hint: string },
): void {
  const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s);
  const asked = new URLSearchParams(query);
  const given = asked.get(PARAMETER);
  if (request.method === 'GET' && given !== null && isSame(given, key)) {
    asked.delete(PARAMETER);
    const cookie = `${cookieName(port)}=${key}; Path=/; HttpOnly; SameSite=Lax`;
    const headers = { 'set-cookie': cookie, 'referrer-policy': 'no-referrer' };
    const location = `${withoutHost(path)}${asked.size > 0 ? `?${asked.toString()}` : ''}`;
    response.writeHead(302, { ...headers, location }).end();
    return;
  }
  response.writeHead(401, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`Fairlead does not answer this request: it shows no key. ${hint}\n`);
}

/** `//name` leads to another host. */
const withoutHost = (path: string): string => path.replace(/^[/\\]+/, '/');

const cookieName = (port: number): string => `fairlead-door-${port}`;

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
