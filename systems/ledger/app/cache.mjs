// A cache in Redis, as much of its protocol as that takes. A cache that is away slows answers down, and breaks none.
import { connect } from 'node:net';

const SECONDS = '60';
const PATIENCE_MS = 300;

export function openCache(env = process.env) {
  const host = env.LEDGER_CACHE_HOST ?? '127.0.0.1';
  const port = Number(env.LEDGER_CACHE_PORT ?? 6379);
  const password = env.LEDGER_CACHE_PASSWORD;
  const ask = (...command) => askOnce({ host, port, password }, command);
  return {
    get: async (key) => {
      const text = await ask('GET', key).catch(() => null);
      return text === null ? undefined : JSON.parse(text);
    },
    set: (key, value) =>
      ask('SET', key, JSON.stringify(value), 'EX', SECONDS).catch(() => undefined),
  };
}

/** One command over a connection of its own; answers a bulk string, a status, or null. */
function askOnce({ host, port, password }, command) {
  return new Promise((resolve, reject) => {
    const commands = password ? [['AUTH', password], command] : [command];
    const socket = connect({ host, port });
    let text = '';
    const end = (settle, value) => {
      socket.destroy();
      settle(value);
    };
    socket.setTimeout(PATIENCE_MS, () =>
      end(reject, new Error('the cache did not answer in time')),
    );
    socket.once('error', (error) => end(reject, error));
    socket.once('close', () => reject(new Error('the cache closed the connection')));
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      const replies = repliesIn(text);
      if (replies.length < commands.length) return;
      const refused = replies.find((reply) => reply instanceof Error);
      if (refused) end(reject, refused);
      else end(resolve, replies.at(-1));
    });
    socket.write(commands.map(encoded).join(''));
  });
}

function encoded(parts) {
  const bulk = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return `*${parts.length}\r\n${bulk.join('')}`;
}

/** The replies that are whole, as far as this cache asks for them: +status, -error, $bulk. */
function repliesIn(text) {
  const replies = [];
  for (let rest = text; ;) {
    const [line] = /^[^\r]*\r\n/.exec(rest) ?? [];
    if (line === undefined) return replies;
    rest = rest.slice(line.length);
    const value = line.slice(1, -2);
    if (line[0] === '-') replies.push(new Error(value));
    else if (line[0] !== '$') replies.push(value);
    else if (value === '-1') replies.push(null);
    else {
      const bytes = Buffer.from(rest);
      const length = Number(value);
      if (bytes.length < length + 2) return replies;
      replies.push(bytes.subarray(0, length).toString('utf8'));
      rest = bytes.subarray(length + 2).toString('utf8');
    }
  }
}
