// Rotates the login of the ledger between two roles, ledger_a and ledger_b, that own nothing: both act as the role `ledger`, which
// owns the tables. node ops/rotate.mjs VERB, with PGHOST, PGPORT, PGDATABASE, PGUSER and PGPASSWORD of who may change roles.
//   show      who logs in now, and who has connections
//   prepare   gives the other role a new password, kept in secrets/next.json      prepared  exits with 0 once it logs in
//   forget    takes that back
//   switch    puts secrets/next.json in the place of secrets/login.json           switched  exits with 0 once that is so
//   back      puts the login of before back
//   proved    exits with 0 once only the new role has connections
//   close     takes the login of before out of use                                closed    exits with 0 once that is so
// No password is printed.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import pg from 'pg';

const OWNER = 'ledger';
const [LOGIN, NEXT, BEFORE] = ['login', 'next', 'before'].map((name) => `secrets/${name}.json`);

const readLogin = (file) =>
  readFile(file, 'utf8').then(JSON.parse, (error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** Whole or not at all, and nobody else's to read. */
async function writeLogin(file, login) {
  await mkdir('secrets', { recursive: true, mode: 0o700 });
  const made = `${file}.${process.pid}`;
  await writeFile(made, JSON.stringify(login), { mode: 0o600 });
  await rename(made, file);
}

async function asked(text, values = [], login = {}) {
  const client = new pg.Client({ connectionTimeoutMillis: 5000, query_timeout: 10_000, ...login });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

const logsIn = async (login) => {
  if (login === undefined) return false;
  return asked('SELECT 1', [], login).then(
    () => true,
    (error) => {
      if (['28P01', '28000'].includes(error.code)) return false;
      throw error;
    },
  );
};

const userNow = async () => (await readLogin(LOGIN))?.user ?? OWNER;
const otherThan = (user) => (user === 'ledger_a' ? 'ledger_b' : 'ledger_a');

const sessions = () =>
  asked(
    `SELECT usename AS role, count(*)::int AS connections, min(backend_start) AS oldest FROM pg_stat_activity
      WHERE usename = ANY($1) GROUP BY 1 ORDER BY 1`,
    [[OWNER, 'ledger_a', 'ledger_b']],
  );

/** What is worn out: a role is made where there is none, and acts as the owner as soon as it has logged in. */
async function giveLogin(role, password) {
  const [{ there }] = await asked(
    'SELECT count(*)::int AS there FROM pg_roles WHERE rolname = $1',
    [role],
  );
  if (there === 0) await asked(`CREATE ROLE ${role} IN ROLE ${OWNER}`);
  await asked(`ALTER ROLE ${role} SET role = '${OWNER}'`);
  // In hexadecimal digits: there is nothing in it to escape.
  await asked(`ALTER ROLE ${role} LOGIN PASSWORD '${password}'`);
}

const VERBS = {
  show: async () => {
    const user = await userNow();
    const found = await sessions();
    const rows = [...new Set([user, ...found.map(({ role }) => role)])].map((role) => ({
      role,
      logs_in_now: role === user,
      ...(found.find((one) => one.role === role) ?? { connections: 0, oldest: null }),
    }));
    console.log(JSON.stringify(rows));
  },
  prepare: async () => {
    const user = otherThan(await userNow());
    const password = randomBytes(24).toString('hex');
    await writeLogin(NEXT, { user, password });
    await giveLogin(user, password);
    console.log(`${user} has a new password`);
  },
  prepared: async () => logsIn(await readLogin(NEXT)),
  forget: async () => {
    const next = await readLogin(NEXT);
    if (next !== undefined) await asked(`ALTER ROLE ${next.user} NOLOGIN PASSWORD NULL`);
    await rm(NEXT, { force: true });
  },
  switch: async () => {
    const next = await readLogin(NEXT);
    if (next === undefined) throw new Error('nothing is prepared: secrets/next.json is not there');
    // The owner's own login is in the environment of who starts the service: nothing of it is written.
    await writeLogin(BEFORE, (await readLogin(LOGIN)) ?? { user: OWNER });
    await rename(NEXT, LOGIN);
    console.log(`${next.user} logs in from now on`);
  },
  switched: async () =>
    (await readLogin(NEXT)) === undefined &&
    (await readLogin(BEFORE)) !== undefined &&
    logsIn(await readLogin(LOGIN)),
  back: async () => {
    const before = await readLogin(BEFORE);
    if (before === undefined) return;
    await rename(LOGIN, NEXT).catch(() => undefined);
    if (before.password === undefined) await rm(BEFORE);
    else await rename(BEFORE, LOGIN);
  },
  proved: async () => {
    const user = await userNow();
    const found = await sessions();
    console.log(JSON.stringify(found));
    return found.length > 0 && found.every(({ role }) => role === user);
  },
  close: async () => {
    const before = await readLogin(BEFORE);
    if (before === undefined) return;
    // Group roles keep what they own; they log in no more.
    await asked(`ALTER ROLE ${before.user} NOLOGIN`);
    await rm(BEFORE);
    console.log(`${before.user} logs in no more`);
  },
  closed: async () => {
    const roles = await asked(
      'SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname = ANY($1)',
      [[OWNER, 'ledger_a', 'ledger_b']],
    );
    const user = await userNow();
    return (
      (await readLogin(BEFORE)) === undefined && roles.every(({ rolname }) => rolname === user)
    );
  },
};

const verb = VERBS[process.argv[2]];
if (verb === undefined)
  throw new Error(`${process.argv[2]} is no verb: ${Object.keys(VERBS).join(', ')}`);
if ((await verb()) === false) process.exitCode = 1;
