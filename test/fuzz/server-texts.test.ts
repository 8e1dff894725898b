// What a server or its tools say, on what nobody meant to be said: it is read in a time that grows as it does, or refused, and
// gives no statement away that is somebody else's.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ownStatements, rolesIn } from '../../src/datastores/postgres/exchange/elsewhere.ts';
import { policyRoles, reaching } from '../../src/datastores/postgres/load-dump.ts';
import { localeIn } from '../../src/datastores/postgres/locale.ts';
import { openRedis } from '../../src/datastores/redis/exchange/connection.ts';
import { Failure } from '../../src/domain/failure.ts';
import { reasonIn } from '../../src/domain/text/reason-line.ts';

const RUNS = { numRuns: 300 };

describe('the script of a dump of Postgres', () => {
  const pieces = fc.constantFrom(
    ...['CREATE DATABASE "a" ', " ENCODING = 'UTF8'", " LOCALE = 'C'", ';', '\n', '"', '""', ' '],
    ...[
      'ALTER DATABASE a OWNER TO b;\n',
      'GRANT ALL ON DATABASE a TO b;',
      'REVOKE ALL ON DATABASE ',
    ],
    ...[
      'ALTER TABLE a OWNER TO ',
      'CREATE POLICY a ON b TO ',
      ' USING',
      'DROP ROLE c;',
      '$$',
      '\\',
      'é',
    ],
  );
  const script = fc.array(pieces, { maxLength: 60 }).map((all) => all.join(''));

  test('is read, or not, and gives no second statement away', () => {
    fc.assert(
      fc.property(script, (text) => {
        localeIn(text);
        rolesIn(text);
        for (const statement of ownStatements(text)) {
          const bare = statement.replaceAll(/"(?:[^"]|"")*"/g, 'x');
          assert.equal(bare.indexOf(';'), bare.length - 1, statement);
        }
      }),
      RUNS,
    );
  });

  test('that is long is read in a time that grows as it does', () => {
    const lines = [
      'CREATE POLICY "',
      'ALTER TABLE x OWNER TO "',
      'GRANT ALL ON DATABASE "a',
      'CREATE DATABASE x',
    ];
    for (const line of lines) {
      const text = `${line}\n`.repeat(200_000);
      policyRoles(text);
      rolesIn(text);
      ownStatements(text);
      localeIn(text);
      reaching(text);
    }
    localeIn(`CREATE DATABASE a${" ENCODING = 'UTF8'".repeat(200_000)}`);
    ownStatements(`GRANT ALL${' ON DATABASE a TO b'.repeat(200_000)}`);
    reasonIn('error at '.repeat(200_000));
  });
});

test('a server that speaks no Redis, or half of it, is refused, and the process goes on', async () => {
  const pieces = fc.constantFrom(
    ...[
      '+',
      '-',
      ':',
      '$',
      '*',
      '\r\n',
      '1',
      '-1',
      'NaN',
      '99999999999999999999',
      '1e9',
      'x',
      '\0',
    ],
    '*1\r\n'.repeat(5000),
  );
  let said = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined).end(said);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const texts = fc.array(pieces, { maxLength: 10 }).map((all) => all.join(''));
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        said = text;
        const connection = await openRedis(
          { host: '127.0.0.1', port },
          new AbortController().signal,
        );
        await connection.ask('PING').catch((error: unknown) => {
          if (!(error instanceof Failure)) throw error;
        });
        connection.close();
      }),
      { numRuns: 200 },
    );
  } finally {
    server.close();
  }
});
