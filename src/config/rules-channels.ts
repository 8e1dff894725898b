// What a channel of each type needs, what it has no use for, and which of its values are secrets.
import type { Channel, ChannelType } from './channel.ts';
import type { Remark } from './rules.ts';
import { listed } from './wording.ts';

type Field = Exclude<keyof Channel, 'type' | 'events'>;

const FIELDS = {
  console: [],
  file: [],
  webhook: ['url', 'headers'],
  slack: ['url'],
  smtp: ['host', 'port', 'secure', 'requireTls', 'user', 'password', 'from', 'to'],
} satisfies Record<ChannelType, Field[]>;

const NEEDED = {
  console: [],
  file: [],
  webhook: ['url'],
  slack: ['url'],
  smtp: ['host', 'from', 'to'],
} satisfies Record<ChannelType, Field[]>;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Names of headers whose values are secrets wherever one meets them. */
const SECRET_HEADER = /^((proxy-)?authorization|cookie|x-api-key|(.+-)?(token|secret|key))$/i;

const ALL: readonly Field[] = [...FIELDS.webhook, ...FIELDS.smtp];
const TYPES: readonly ChannelType[] = ['console', 'file', 'webhook', 'slack', 'smtp'];

export function channelRemarks(channel: Channel): Remark[] {
  return [
    ...fieldRemarks(channel),
    ...eventRemarks(channel),
    ...addressRemarks(channel),
    ...secretRemarks(channel),
  ];
}

function fieldRemarks(channel: Channel): Remark[] {
  const { type } = channel;
  const own: readonly Field[] = FIELDS[type];
  const needed: readonly Field[] = NEEDED[type];
  const missing = needed.filter((key) => channel[key] === undefined);
  const strange = ALL.filter((key) => !own.includes(key) && channel[key] !== undefined);
  return [
    ...missing.map((key) => ({
      path: [],
      message: `${key} is missing; a channel of type ${type} has ${listed(needed)}`,
    })),
    ...strange.map((key) => ({
      path: [key],
      message: `${key} is for type: ${typesWith(key)}; remove it`,
    })),
  ];
}

function typesWith(key: Field): string {
  return TYPES.filter((type) => (FIELDS[type] as readonly Field[]).includes(key)).join(' or ');
}

function eventRemarks({ events = [] }: Channel): Remark[] {
  if (new Set(events).size === events.length) return [];
  return [{ path: ['events'], message: 'an event is named twice; name each once' }];
}

/** Whoever knows the address of an incoming webhook may write there: it is a password. */
function addressRemarks({ type, url }: Channel): Remark[] {
  if (typeof url !== 'string' || !URL.canParse(url)) return [];
  const { username, password, hostname } = new URL(url);
  if (username !== '' || password !== '') {
    const message = 'a password does not belong into an address; write url: {env: NAME}';
    return [{ path: ['url'], message }];
  }
  if (type !== 'slack' || LOOPBACK.test(hostname)) return [];
  const message = 'this address is a secret, for whoever has it can write there; write {env: NAME}';
  return [{ path: ['url'], message }];
}

function secretRemarks({ headers = {}, user, password }: Channel): Remark[] {
  const plain = Object.entries(headers).filter(
    ([name, value]) => SECRET_HEADER.test(name) && typeof value !== 'object',
  );
  const remarks: Remark[] = plain.map(([name]) => ({
    path: ['headers', name],
    message: 'a secret does not belong into this file; write {env: NAME} or {file: PATH}',
  }));
  if ((user === undefined) !== (password === undefined)) {
    const [there, not] = user === undefined ? ['password', 'user'] : ['user', 'password'];
    remarks.push({ path: [there], message: `${there} is there and ${not} is not; write both` });
  }
  return remarks;
}
