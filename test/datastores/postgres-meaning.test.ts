// A copy is compared with the live database by what both mean: not by how a server prints it, in which order columns
// stand, in which partition a row lies, or what the database's own settings are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withClient } from '../../src/datastores/postgres/connection.ts';
import type { RungResult } from '../../src/domain/backup/ladder.ts';
import { onePostgres } from '../support/datastores/postgres-backups.ts';
import { databaseWith, verified } from '../support/datastores/postgres-verify.ts';
import { waiting } from '../support/local-daemon.ts';

const world = onePostgres();

const passes = (rungs: readonly RungResult[]): void => {
  assert.deepEqual(
    rungs.map(({ rung, verdict, reason }) => (verdict === 'pass' ? rung : reason)),
    ['artefact', 'loads', 'complete', 'correct'],
  );
};

const PRINTED_OTHERWISE = [
  `CREATE TABLE orders (id int, status varchar(20) NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid')), g varchar(5) GENERATED ALWAYS AS (CASE WHEN status IN ('open') THEN 'y' END) STORED)`,
  "INSERT INTO orders VALUES (1, 'open')",
  "CREATE INDEX orders_open ON orders (id) WHERE status IN ('open', 'paid')",
  "CREATE VIEW open_orders AS SELECT id FROM orders WHERE status IN ('open')",
  "CREATE MATERIALIZED VIEW later AS SELECT id FROM orders WHERE status IN ('open') WITH NO DATA",
  "CREATE DOMAIN word AS varchar(5) CHECK (VALUE IN ('a', 'b'))",
  "CREATE TABLE ranges (r int4range, s varchar(3), w word, EXCLUDE USING gist (r WITH &&) WHERE (s IN ('a', 'b')))",
  'ALTER TABLE orders ENABLE ROW LEVEL SECURITY',
  "CREATE POLICY mine ON orders USING (status IN ('open') OR EXISTS (SELECT FROM ranges WHERE s = orders.status))",
  "CREATE FUNCTION quiet() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no more'; END $$",
];

const NAMES = [
  `CREATE SCHEMA "odd ""x""\ny"`,
  `CREATE TABLE "odd ""x""\ny"."tab\nle" ("co ""l" varchar(3), "sélect" int, CONSTRAINT "che""ck" CHECK ("co ""l" IN ('a')))`,
  `INSERT INTO "odd ""x""\ny"."tab\nle" VALUES ('a', 1)`,
  `CREATE INDEX "x ON y USING (""" ON "odd ""x""\ny"."tab\nle" ("sélect") WHERE "co ""l" IN ('a')`,
  'CREATE TABLE without_columns ()',
  'INSERT INTO without_columns DEFAULT VALUES',
];

const LAYOUT = [
  'CREATE TABLE p (f1 int, f2 int)',
  'CREATE TABLE c (f3 int) INHERITS (p)',
  'ALTER TABLE p ADD COLUMN f4 int',
  'INSERT INTO c (f1, f2, f3, f4) VALUES (1, 2, 3, 4)',
  'ALTER TABLE p DROP COLUMN f2',
  // The labels get other numbers when they are made anew, and rows go to other partitions.
  "CREATE TYPE pad AS ENUM ('x')",
  "CREATE TYPE colour AS ENUM ('red', 'green', 'blue', 'yellow', 'black', 'white')",
  'CREATE TABLE o (k colour, v int) PARTITION BY HASH (k)',
  ...[0, 1, 2].map(
    (n) => `CREATE TABLE o${n} PARTITION OF o FOR VALUES WITH (MODULUS 3, REMAINDER ${n})`,
  ),
  'INSERT INTO o SELECT c, g FROM unnest(enum_range(NULL::colour)) c, generate_series(1, 10) g',
  'DROP TYPE pad',
  'CREATE TABLE parted (id int, d date, k varchar(3)) PARTITION BY RANGE (d)',
  'CREATE TABLE parted_1 (k varchar(3), d date, id int)',
  "ALTER TABLE parted ATTACH PARTITION parted_1 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
  "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY LIST (k)",
  'CREATE TABLE parted_2d PARTITION OF parted_2 DEFAULT',
  "INSERT INTO parted VALUES (1, '2020-02-02', 'a'), (2, '2021-03-03', 'a')",
  "ALTER TABLE parted ALTER k SET DEFAULT 'x'",
  'ALTER TABLE parted_1 ALTER k DROP DEFAULT',
  'CREATE INDEX only_here ON ONLY parted (id)',
  'ALTER TABLE parted ADD UNIQUE (d, k, id)',
  'CREATE TABLE refers (d date, k varchar(3), id int, FOREIGN KEY (d, k, id) REFERENCES parted (d, k, id) DEFERRABLE INITIALLY DEFERRED)',
];

/** What is known to have been lost or refused by other tools, after their reports. */
const REPORTED = [
  'CREATE DOMAIN small AS int CHECK (VALUE > 0)',
  'CREATE DOMAIN smaller AS small CHECK (VALUE < 100) NOT NULL',
  'CREATE TYPE span AS RANGE (subtype = float8)',
  'CREATE TABLE spans (x smaller, y small[], z span)',
  "INSERT INTO spans VALUES (5, '{1,2}', '[1.5,2.5)')",
  'CREATE TABLE base (a varchar(10), b text GENERATED ALWAYS AS (lower(a)) STORED)',
  `CREATE INDEX base_i ON base (lower(a), (a || 'x') COLLATE "C" DESC NULLS LAST) INCLUDE (b) WITH (fillfactor = 70) WHERE a IN ('x', 'y') AND b IS NOT NULL`,
  "INSERT INTO base VALUES ('X')",
  'CREATE VIEW joined AS SELECT * FROM base JOIN (SELECT a, 1 AS one FROM base) s USING (a)',
  'ALTER TABLE base ADD COLUMN c int',
  "CREATE VIEW windowed AS SELECT base.*, (base).a AS again, row_number() OVER (PARTITION BY a ORDER BY b) FROM base WHERE a LIKE 'x%' OR a BETWEEN 'a' AND 'b'",
  "CREATE TABLE parent (id int PRIMARY KEY, v varchar(3) DEFAULT 'a' CHECK (v IN ('a', 'b')), CONSTRAINT here CHECK (id > 0) NO INHERIT)",
  'CREATE TABLE child (w int DEFAULT 3) INHERITS (parent)',
  'ALTER TABLE child ALTER v DROP DEFAULT',
  "INSERT INTO child VALUES (-2, 'a', 4)",
  'CREATE TABLE by_expression (a varchar(10)) PARTITION BY LIST (lower(a))',
  "CREATE TABLE by_expression_1 PARTITION OF by_expression FOR VALUES IN ('a', NULL)",
  "INSERT INTO by_expression VALUES ('A'), (NULL)",
  'CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
  "CREATE CONSTRAINT TRIGGER later AFTER INSERT ON base DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.a IN ('q')) EXECUTE FUNCTION same()",
  'CREATE SEQUENCE owned OWNED BY base.c',
  "ALTER TABLE base ALTER c SET DEFAULT nextval('owned')",
  'CREATE TEXT SEARCH CONFIGURATION words (COPY = english)',
  "CREATE TABLE documents (a text, t tsvector GENERATED ALWAYS AS (to_tsvector('words', coalesce(a, ''))) STORED)",
  "INSERT INTO documents VALUES ('running dogs')",
  `CREATE TABLE kinds (a "char", b name, c oid, d bit(3), f inet, h point, i polygon, j pg_lsn, l timetz, m int[][], n jsonpath, o regtype, q char(5), r numeric(3,-2))`,
  "INSERT INTO kinds VALUES ('x', 'y', 16384, B'101', '10.0.0.1/8', '(1,2)', '((0,0),(1,1),(1,0))', '0/16B', '10:00+02', '{{1,2},{3,4}}', '$.a', 'int'::regtype, 'ab', 12345)",
  'CREATE TABLE itself (id int PRIMARY KEY, p int REFERENCES itself DEFERRABLE)',
  'INSERT INTO itself VALUES (1, 2), (2, 1)',
  'ALTER TABLE itself ADD CONSTRAINT other CHECK (p <> ALL (ARRAY[0, -1])) NOT VALID',
];

const SETTINGS: Readonly<Record<string, string>> = {
  ...{ search_path: '"odd", public', default_transaction_read_only: 'on', DateStyle: "'SQL, DMY'" },
  ...{ IntervalStyle: 'iso_8601', TimeZone: "'Asia/Kolkata'", bytea_output: 'escape' },
  ...{ extra_float_digits: '-5', statement_timeout: "'50ms'", lock_timeout: "'50ms'" },
  ...{ idle_in_transaction_session_timeout: "'100ms'", idle_session_timeout: "'100ms'" },
  ...{ quote_all_identifiers: 'on', xmlbinary: 'hex', standard_conforming_strings: 'off' },
  ...{
    row_security: 'off',
    lc_monetary: "'C.UTF-8'",
    default_transaction_isolation: 'serializable',
    '"app.tenant"': "'x'",
  },
};

test('what a server prints otherwise after a reload, names, and where columns and rows lie make no difference', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const values = [
    'CREATE TABLE v (i interval, at timestamptz, f float8, b bytea, m money, d date)',
    `INSERT INTO v VALUES ('1 mon 2 days', now(), 0.1 + 0.2::float8, '\\xdead', 12.5::money, '2020-02-03')`,
    "CREATE TABLE digits (a text CHECK (a ~ '^\\d+$'))",
  ];
  const database = await databaseWith(t, it, [
    ...PRINTED_OTHERWISE,
    ...NAMES,
    ...LAYOUT,
    ...REPORTED,
    ...values,
  ]);
  for (const [name, value] of Object.entries(SETTINGS))
    await it.postgres.query(`ALTER DATABASE ${database} SET ${name} = ${value}`);
  await it.postgres.query(`ALTER ROLE fairlead IN DATABASE ${database} SET array_nulls = off`);
  passes((await verified(it, database)).rungs);
});

test('an index that is invalid is in no dump, and said to be', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const rows = ['CREATE TABLE t (a int)', 'INSERT INTO t VALUES (1), (1)'];
  const database = await databaseWith(t, it, rows);
  const unique = 'CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)';
  const { address } = it.postgres;
  await assert.rejects(
    withClient({ ...address, database }, waiting().signal, (client) => client.query(unique)),
  );
  const { detail, rungs } = await verified(it, database);
  passes(rungs);
  for (const said of [detail, rungs[2]?.reason ?? ''])
    assert.match(
      said,
      /not in (the backup|a dump): the index public\.t_a of public\.t, which is invalid/,
    );
});

test('a copy has the locale of the live database, of the C library or of ICU', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const statements = [
    "CREATE TABLE people (name text CHECK (name ~ '^[[:alpha:]]+$'), up text GENERATED ALWAYS AS (upper(name)) STORED)",
    "INSERT INTO people VALUES ('Zoë')",
    "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    'CREATE TABLE once (e text COLLATE loose UNIQUE)',
    "INSERT INTO once VALUES ('a'), ('b')",
  ];
  for (const options of [
    "LOCALE 'C.UTF-8'",
    "LOCALE_PROVIDER icu ICU_LOCALE 'de-u-kn-true' LOCALE 'C.UTF-8'",
  ])
    passes((await verified(it, await databaseWith(t, it, statements, options))).rungs);
});

test('what is different in the definitions of a copy fails, by its name', async (t) => {
  const it = await world(t);
  if (it === undefined) return;
  const database = await databaseWith(t, it, [
    "CREATE TABLE t (a varchar(3) DEFAULT 'a' CHECK (a IN ('a', 'b')))",
    'CREATE INDEX t_a ON t (a)',
    "CREATE VIEW w AS SELECT a FROM t WHERE a IN ('a')",
    "INSERT INTO t VALUES ('a')",
  ]);
  const spoil: [RegExp, string, RegExp][] = [
    [/"USING btree \(a\)"/, '"USING hash (a)"', /index t_a of public\.t: expected USING hash/],
    [/'b'::character/, "'c'::character", /check t_a_check of public\.t: expected .*'c'/],
    [/"name": "public\.w"/, '"name": "public.x"', /view public\.x is missing/],
    [/"'a'::character/, "\"'z'::character", /default a of public\.t: expected 'z'/],
  ];
  for (const [what, by, said] of spoil) {
    const { rungs } = await verified(it, database, async (id) => {
      const [key = '', stored] =
        [...it.objects.stored].find(
          ([one]) => one.endsWith('manifest.json') && one.includes(timeIn(id)),
        ) ?? [];
      assert.ok(stored);
      const text = Buffer.from(stored.bytes).toString();
      assert.match(text, what);
      it.objects.stored.set(key, { ...stored, bytes: Buffer.from(text.replace(what, by)) });
    });
    assert.equal(rungs[2]?.verdict, 'fail');
    assert.match(rungs[2].reason, said);
  }
});

const timeIn = (id: string): string => id.split('/').at(-1) ?? id;
