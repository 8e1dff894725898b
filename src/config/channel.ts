// One channel of `notify:` in a system file: where people are told that an operation waits for them, or ended.
// Its shape, which field belongs to which type, and which values are secrets.
import { z } from 'zod';
import { kindIn } from './kind-settings.ts';
import { listed } from './reading/wording.ts';
import { remarksIn, type Remark } from './remark.ts';
import { headerName, host, httpUrl, port, reference, secret, setting, text } from './terms.ts';

const address = text(
  /^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}$/,
  'a mail address such as ops@example.com, and nothing else',
);

/** What a channel of each type takes, and what of that it has to have. Who sends is in integrations/notify/. */
const CHANNELS = {
  console: { takes: [], needs: [] },
  file: { takes: [], needs: [] },
  webhook: { takes: ['url', 'headers'], needs: ['url'] },
  slack: { takes: ['url'], needs: ['url'] },
  smtp: {
    takes: ['host', 'port', 'secure', 'requireTls', 'user', 'password', 'from', 'to'],
    needs: ['host', 'from', 'to'],
  },
} as const;

/** What people are told of: operations, what is proven of a system, incidents. */
const EVENTS = [
  ...([
    'gate',
    'reminder',
    'escalation',
    'parked',
    'asked',
    'ended',
    'unproven',
    'proven',
    'overdue',
  ] as const),
  ...(['paging', 'incident', 'statusPage'] as const),
] as const;

export const channelSchema = z.strictObject({
  type: kindIn(CHANNELS).meta({
    meaning: 'How people are told: the log of the worker, a file, a POST, Slack, mail.',
    example: 'slack',
  }),
  events: z.exactOptional(
    z
      .array(z.enum(EVENTS))
      .min(1)
      .meta({
        description: `a list of ${EVENTS.join(', ')}`,
        meaning: 'What is told; without it everything.',
        example: ['gate', 'parked'],
      }),
  ),
  url: z.exactOptional(
    z.union([httpUrl, ...reference]).meta({
      description: 'an http(s) URL, or one that is secret as {env: NAME} or {file: PATH}',
      meaning: 'Where it is posted to (webhook, slack).',
      example: { env: 'SLACK_URL' },
    }),
  ),
  headers: z.exactOptional(z.record(headerName, setting)).meta({
    meaning: 'Sent along (webhook).',
    example: { authorization: { env: 'HOOK_AUTHORIZATION' } },
  }),
  host: z
    .exactOptional(host)
    .meta({ meaning: 'The mail server (smtp).', example: 'mail.example.com' }),
  port: z
    .exactOptional(port)
    .meta({ meaning: 'Its port (smtp); without it 587, or 465 with secure.', example: 587 }),
  secure: z
    .exactOptional(z.boolean())
    .meta({ meaning: 'TLS from the first byte (smtp); false without it.', example: true }),
  requireTls: z
    .exactOptional(z.boolean())
    .meta({ meaning: 'No mail without TLS (smtp); true without it.', example: false }),
  user: z.exactOptional(
    z.union([z.string().min(1), ...reference]).meta({
      description: 'a name, or a secret as {env: NAME} or {file: PATH}',
      meaning:
        'Who logs in to the mail server (smtp); user and password are both there, or neither.',
      example: 'fairlead',
    }),
  ),
  password: z
    .exactOptional(secret)
    .meta({ meaning: 'The password of user (smtp).', example: { env: 'SMTP_PASSWORD' } }),
  from: z
    .exactOptional(address)
    .meta({ meaning: 'Who the mail is from (smtp).', example: 'fairlead@example.com' }),
  to: z
    .exactOptional(z.array(address).min(1))
    .meta({ meaning: 'Who gets the mail (smtp).', example: ['ops@example.com'] }),
});

export type Channel = z.output<typeof channelSchema>;
export type ChannelType = Channel['type'];
/** `told`: a step of a runbook that names the channel itself. */
export type NoticeEvent = NonNullable<Channel['events']>[number] | 'told';

type Field = Exclude<keyof Channel, 'type' | 'events'>;
const ALL_FIELDS: readonly Field[] = [...CHANNELS.webhook.takes, ...CHANNELS.smtp.takes];

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Names of headers whose values are secrets wherever one meets them. */
const SECRET_HEADER = /^((proxy-)?authorization|cookie|x-api-key|(.+-)?(token|secret|key))$/i;

export function channelRemarks(channel: Channel): Remark[] {
  const events = channel.events ?? [];
  return [
    ...fieldRemarks(channel),
    ...remarksIn([
      [new Set(events).size < events.length, ['events'], 'an event is named twice; name each once'],
    ]),
    ...addressRemarks(channel),
    ...secretRemarks(channel),
  ];
}

function fieldRemarks(channel: Channel): Remark[] {
  const { type } = channel;
  const { takes, needs } = fieldsFor(type);
  return [
    ...remarksIn(
      needs.map((key) => [
        channel[key] === undefined,
        [],
        `${key} is missing; a channel of type ${type} has ${listed(needs)}`,
      ]),
    ),
    ...remarksIn(
      ALL_FIELDS.map((key) => [
        channel[key] !== undefined && !takes.includes(key),
        [key],
        `${key} is for type: ${typesWith(key)}; remove it`,
      ]),
    ),
  ];
}

function typesWith(key: Field): string {
  return channelSchema.shape.type.options
    .filter((type) => fieldsFor(type).takes.includes(key))
    .join(' or ');
}

function fieldsFor(type: ChannelType): { takes: readonly Field[]; needs: readonly Field[] } {
  return CHANNELS[type];
}

/** Whoever knows the address of an incoming webhook may write there: it is a password. */
function addressRemarks({ type, url }: Channel): Remark[] {
  if (typeof url !== 'string' || !URL.canParse(url)) return [];
  const { username, password, hostname } = new URL(url);
  const hasPassword = username !== '' || password !== '';
  return remarksIn([
    [hasPassword, ['url'], 'a password does not belong into an address; write url: {env: NAME}'],
    [
      !hasPassword && type === 'slack' && !LOOPBACK.test(hostname),
      ['url'],
      'this address is a secret, for whoever has it can write there; write {env: NAME}',
    ],
  ]);
}

function secretRemarks({ headers = {}, user, password }: Channel): Remark[] {
  const [there, missing] = user === undefined ? ['password', 'user'] : ['user', 'password'];
  return [
    ...remarksIn(
      Object.entries(headers).map(([name, value]) => [
        SECRET_HEADER.test(name) && typeof value !== 'object',
        ['headers', name],
        'a secret does not belong into this file; write {env: NAME} or {file: PATH}',
      ]),
    ),
    ...remarksIn([
      [
        (user === undefined) !== (password === undefined),
        [there],
        `${there} is there and ${missing} is not; write both`,
      ],
    ]),
  ];
}
