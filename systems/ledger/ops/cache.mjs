// The ledger's cache: node ops/cache.mjs look|flush|warm, with CACHE_HOST, CACHE_PORT and CACHE_PASSWORD. `warm ADDRESS COUNT`
// asks the service for its newest orders, which fills it.
import { connect } from 'node:net';

const {
  CACHE_HOST: host = '127.0.0.1',
  CACHE_PORT: port = '6379',
  CACHE_PASSWORD: password,
} = process.env;
const [verb, address = 'http://127.0.0.1:8020', count = '20'] = process.argv.slice(2);

/** Inline commands, which have no spaces in their words; answers all that came back. */
function ask(...commands) {
  return new Promise((resolve, reject) => {
    const all = [...(password ? [`AUTH ${password}`] : []), ...commands, 'QUIT'];
    const socket = connect({ host, port: Number(port) });
    let text = '';
    socket.setTimeout(3000, () => socket.destroy(new Error('the cache did not answer within 3 s')));
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      const [wrong] = /^-.*$/m.exec(text) ?? [];
      if (wrong === undefined) resolve(text);
      else reject(new Error(wrong.slice(1)));
    });
    socket.write(all.map((one) => `${one}\r\n`).join(''));
  });
}

const VERBS = {
  look: async () => {
    const text = await ask('INFO', 'DBSIZE');
    const value = (name) => new RegExp(`^${name}:(.*)$`, 'm').exec(text)?.[1].trim() ?? '';
    const [, keys = ''] = /^:(\d+)/m.exec(text) ?? [];
    const names = [
      'used_memory_human',
      'maxmemory_human',
      'maxmemory_policy',
      'evicted_keys',
      'connected_clients',
      'keyspace_hits',
      'keyspace_misses',
      'uptime_in_seconds',
    ];
    console.log(
      JSON.stringify([
        { what: 'keys', is: keys },
        ...names.map((what) => ({ what, is: value(what) })),
      ]),
    );
  },
  flush: async () => {
    await ask('FLUSHDB');
    console.log('the cache is empty');
  },
  warm: async () => {
    const { orders } = await fetch(`${address}/summary`).then((answer) => answer.json());
    const ids = Array.from({ length: Math.min(orders, Number(count)) }, (_, at) => orders - at);
    const answers = await Promise.all(ids.map((id) => fetch(`${address}/orders/${id}`)));
    const failed = answers.filter(({ status }) => status >= 500).length;
    console.log(`${ids.length} orders asked for, ${failed} failed`);
    if (failed > 0) process.exitCode = 1;
  },
};
if (!Object.hasOwn(VERBS, verb))
  throw new Error(`${verb} is no verb: ${Object.keys(VERBS).join(', ')}`);
await VERBS[verb]();
