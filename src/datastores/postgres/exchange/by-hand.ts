// What a person types to put a restored database in the place of a live one: the same renames as the exchange makes, and
// what is copied before the second of them.
import type { DatastoreByHand } from '../../../domain/by-hand/by-hand.ts';
import { identifier, literal, type Login } from '../hand-login.ts';
import { flushedName, MAINTENANCE, quarantineName } from './names.ts';

/** Lists are written as they stand, everything else as a text. */
const LISTS = `'search_path', 'DateStyle', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries'`;

export function handExchange(database: string, restored: string, login: Login): DatastoreByHand {
  const quarantine = quarantineName(database, 'by_hand');
  const empty = flushedName(database, 0, 0);
  const found = (name: string): string =>
    login.sql(MAINTENANCE, `SELECT count(*) FROM pg_database WHERE datname = ${literal(name)}`);
  return {
    fence: {
      type: fenced(database, quarantine, login),
      see: [
        `test "$(${found(database)})" = 0   # nobody finds it under its name`,
        `test "$(${found(quarantine)})" = 1   # it is kept`,
      ],
    },
    quiet: {
      type: ['# nothing: it is only looked at, twice'],
      see: [
        `test -z "$(${login.sql(MAINTENANCE, `SELECT pid, usename, application_name FROM pg_stat_activity WHERE datname = ${literal(quarantine)}`)})"   # nobody is connected`,
        `test -z "$(${login.sql(MAINTENANCE, `SELECT gid FROM pg_prepared_xacts WHERE database = ${literal(quarantine)}`)})"   # each is decided by people`,
        `test "$(${written(quarantine, login)})" = "$(sleep 2; ${written(quarantine, login)})"`,
      ],
    },
    loss: {
      type: ['# nothing: both sides are only compared; lines with < are what users lose'],
      see: [
        `${login.sql(quarantine, TABLES)} | while IFS= read -r table; do echo "$table"; diff <(${rows(quarantine, login)}) <(${rows(restored, login)}) || true; done`,
      ],
    },
    exchange: {
      type: [...alike(quarantine, restored, login), ...counters(quarantine, restored, login)],
      see: [
        `${login.sql(MAINTENANCE, `SELECT pg_get_userbyid(datdba), datacl FROM pg_database WHERE datname IN (${literal(restored)}, ${literal(quarantine)})`)}   # both the same`,
      ],
    },
    open: {
      type: [
        login.sql(
          MAINTENANCE,
          `ALTER DATABASE ${identifier(restored)} RENAME TO ${identifier(database)}`,
        ),
      ],
      see: [`test "$(${found(database)})" = 1`],
    },
    flush: {
      type: [
        login.sql(MAINTENANCE, `CREATE DATABASE ${identifier(empty)} TEMPLATE template0`),
        `${login.tool('pg_dump', '--schema-only', '--no-subscriptions', '--no-password', database)} | ${login.sql(empty)}`,
        ...fenced(database, quarantine, login),
        ...alike(quarantine, empty, login),
        login.sql(
          MAINTENANCE,
          `ALTER DATABASE ${identifier(empty)} RENAME TO ${identifier(database)}`,
        ),
      ],
      see: [`test "$(${found(database)})" = 1`],
    },
  };
}

const TABLES = `SELECT format('%I.%I', (SELECT nspname FROM pg_namespace n WHERE n.oid = c.relnamespace), c.relname) FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 1`;

/** In the order of all their columns. */
function rows(database: string, login: Login): string {
  return `${login.sql(database)} -c "SELECT textin(record_out(t)) FROM $table t ORDER BY 1"`;
}

function written(database: string, login: Login): string {
  return login.sql(
    database,
    'SELECT sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del) FROM pg_stat_user_tables',
  );
}

/** Superusers and tools are shut out too, until it has its other name. */
function fenced(database: string, quarantine: string, login: Login): string[] {
  const [live, away] = [identifier(database), identifier(quarantine)];
  return [
    ...login.made(
      database,
      `SELECT format('ALTER SUBSCRIPTION %I DISABLE', subname) FROM pg_subscription WHERE subenabled AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    ),
    login.sql(
      MAINTENANCE,
      `ALTER DATABASE ${live} WITH ALLOW_CONNECTIONS false`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(database)} AND pid <> pg_backend_pid()`,
      `ALTER DATABASE ${live} RENAME TO ${away}`,
      `ALTER DATABASE ${away} WITH ALLOW_CONNECTIONS true`,
    ),
  ];
}

/** Owner, grants, settings and limit of the database. */
function alike(from: string, to: string, login: Login): string[] {
  const [old, next] = [literal(from), literal(to)];
  const of = `FROM pg_database d WHERE d.datname = ${old}`;
  return [
    ...login.made(
      MAINTENANCE,
      `SELECT format('ALTER DATABASE %I OWNER TO %I', ${next}, pg_get_userbyid(d.datdba)) ${of}
UNION ALL SELECT format('ALTER DATABASE %I CONNECTION LIMIT %s', ${next}, d.datconnlimit) ${of}`,
    ),
    ...login.made(
      MAINTENANCE,
      `SELECT format('GRANT %s ON DATABASE %I TO %s', a.privilege_type, ${next}, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE d.datname = ${old}`,
    ),
    ...login.made(
      MAINTENANCE,
      `SELECT format(CASE WHEN s.setrole = 0 THEN 'ALTER DATABASE %1$I' ELSE 'ALTER ROLE %4$I IN DATABASE %1$I' END || CASE WHEN split_part(e, '=', 1) IN (${LISTS}) THEN ' SET %2$s TO %3$s' ELSE ' SET %2$s TO %3$L' END,
  ${next}, split_part(e, '=', 1), substr(e, strpos(e, '=') + 1), pg_get_userbyid(nullif(s.setrole, 0)))
FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase CROSS JOIN LATERAL unnest(s.setconfig) e WHERE d.datname = ${old}`,
    ),
  ];
}

/** No number is given out that users have seen. */
function counters(from: string, to: string, login: Login): string[] {
  const moved = `SELECT format('SELECT setval(%L, %s(%s, (SELECT last_value FROM %I.%I)))', format('%I.%I', schemaname, sequencename), CASE WHEN increment_by > 0 THEN 'greatest' ELSE 'least' END, last_value, schemaname, sequencename) || ';' FROM pg_sequences WHERE last_value IS NOT NULL`;
  return [`${login.sql(from, moved)} | ${login.sql(to)} > /dev/null`];
}
