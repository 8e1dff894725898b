// What people and their tools write, on what nobody meant them to write: runbooks of steps, key files of age, what Alertmanager
// posts, what a pipeline tells its action, and control messages of the local host.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { plain } from '../../src/config/reading/located.ts';
import { issueMistakes } from '../../src/config/reading/schema-mistakes.ts';
import { nodeAt } from '../../src/config/reading/json-schema.ts';
import { readYaml } from '../../src/config/reading/yaml-file.ts';
import { runbookJsonSchema } from '../../src/config/steps/runbook-file.ts';
import { runbookRemarks } from '../../src/config/steps/runbook-rules.ts';
import { runbookSchema } from '../../src/config/steps/runbook-schema.ts';
import { placeOf } from '../../src/domain/incident/alert-places.ts';
import { alertDelivery } from '../../src/domain/incident/alertmanager.ts';
import { keyFingerprint } from '../../src/domain/record/evidence-chain.ts';
import { misplacedIn, placeholdersIn, replaced } from '../../src/domain/text/placeholders.ts';
import { decrypted, encrypted, identitiesIn } from '../../src/integrations/age-encryption.ts';
import { createControl, type ControlParts } from '../../src/platforms/local/control.ts';
import { listenOnSocket } from '../../src/platforms/local/control-socket.ts';
import { hostFileSchema, verbs } from '../../src/platforms/local/protocol.ts';
import { ROOT } from '../support/entry.ts';
import { hostile, holds, holdsAsync, inTime, ODD, tree } from '../support/hostile.ts';

/** Plain JavaScript, as a runner runs it. */
interface Told {
  inputsFrom: (env: Record<string, string>) => { target: string; version: string };
  deployArguments: (inputs: object) => string[];
  endOf: (inputs: object, ran: object, cancelled: boolean) => object;
  outputsOf: (end: object) => string;
  summaryOf: (end: object, state: string, report: string) => string;
}
const TOLD = join(ROOT, '.github', 'actions', 'deploy', 'told.mjs');

async function* bytes(...all: (Uint8Array | string)[]): AsyncGenerator<Uint8Array> {
  for (const one of all) yield await Promise.resolve(Buffer.from(one));
}

async function drained(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const one of body) all.push(one);
  return Buffer.concat(all);
}

describe('a runbook of steps', () => {
  const step = fc.record(
    {
      ...{ id: hostile, title: hostile, look: tree, do: tree, manual: tree, choose: tree },
      ...{ operation: tree, wait: tree, tell: tree, undo: tree, parallel: tree, approval: tree },
    },
    { requiredKeys: [] },
  );
  const runbook = fc
    .record({ title: hostile, inputs: tree, leases: tree, steps: fc.array(step) })
    .map((one) => JSON.stringify(one));
  const system = { services: {}, datastores: {}, approvals: {}, notify: {} };

  test('is read, or its mistakes are named', () => {
    holds(fc.oneof(runbook, hostile), (text) => {
      const yaml = readYaml(Buffer.from(text), 'runbook.yaml');
      if ('mistakes' in yaml) return;
      const value = plain(yaml.root);
      const parsed = runbookSchema.safeParse(value);
      if (parsed.success) runbookRemarks(parsed.data, system);
      else issueMistakes(parsed.error.issues, value, (at) => nodeAt(runbookJsonSchema(), at));
    });
  });

  test('has its placeholders found, and what is no placeholder left as it is', async () => {
    holds(hostile, (text) => {
      placeholdersIn(text);
      misplacedIn(text);
      assert.equal(
        replaced(text, () => undefined),
        text,
      );
      assert.equal(misplacedIn(`{{a}}${text.replaceAll(/[{}]/g, '')}{{b}}`), undefined);
    });
    await inTime(() => misplacedIn('{{'.repeat(500_000)));
    await inTime(() => placeholdersIn('{{'.repeat(500_000)));
  });
});

describe('keys of age', () => {
  test('in a file are found, or none is', () => {
    holds(hostile, (text) => identitiesIn(text, 'the key file'));
  });

  test('that are none are refused, and never shown', async () => {
    const key = fc.oneof(
      hostile,
      hostile.map((text) => `AGE-SECRET-KEY-1${text.toUpperCase().replaceAll(/[^A-Z0-9-]/g, 'Q')}`),
    );
    await holdsAsync(
      key,
      async (text) => {
        const ends = await Promise.allSettled([
          drained(decrypted(bytes('age-encryption.org/v1\n'), [text])),
          drained(encrypted(bytes('x'), [text])),
        ]);
        const secret = text.length > 20 && text.startsWith('AGE-SECRET-KEY-');
        for (const end of ends) {
          if (end.status !== 'rejected') continue;
          if (secret) assert.ok(!String(end.reason).includes(text), String(end.reason));
          throw end.reason;
        }
      },
      100,
    );
  });

  test('open nothing that is no file of age, or half of one', async () => {
    const { generateIdentity, identityToRecipient } = await import('age-encryption');
    const key = await generateIdentity();
    const whole = await drained(encrypted(bytes('a secret'), [await identityToRecipient(key)]));
    const damaged = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(whole.length - 1).map((length) => whole.subarray(0, length)),
      fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ by;
        return changed;
      }),
    );
    await holdsAsync(
      damaged,
      async (some) => {
        const plainText = await drained(decrypted(bytes(some), [key]));
        assert.equal(String(plainText), 'a secret');
      },
      100,
    );
  });
});

describe('a public key in a record', () => {
  test('is one, or none, in time', async () => {
    const white = fc.constantFrom(' ', '\n', 'A', '=', '-----END PUBLIC KEY-----');
    holds(
      fc.array(white, { maxLength: 30 }).map((all) => `-----BEGIN PUBLIC KEY-----${all.join('')}`),
      keyFingerprint,
    );
    await inTime(() => {
      assert.equal(keyFingerprint(`-----BEGIN PUBLIC KEY-----${' '.repeat(300_000)}`), undefined);
    });
  });
});

describe('what Alertmanager posts', () => {
  const words = fc.oneof(hostile, fc.constantFrom('firing', 'resolved', 'abc123'));
  const alert = fc.record({
    ...{ status: fc.constantFrom('firing', 'resolved'), fingerprint: fc.constantFrom('a1', 'b2') },
    ...{ startsAt: fc.constantFrom('2026-01-01T00:00:00Z', '+275760-09-13T00:00:00Z', 'x') },
    ...{ endsAt: words, annotations: tree },
    labels: fc.oneof(tree, fc.dictionary(words, words), fc.record({ alertname: words })),
  });
  const posted = fc.record({
    ...{ version: fc.constantFrom('4', '3'), truncatedAlerts: tree },
    alerts: fc.array(alert, { maxLength: 4 }),
  });

  test('is read and has its place, or is refused', () => {
    holds(posted, (one) => {
      for (const { name, summary } of alertDelivery(one).alerts) {
        assert.doesNotMatch(summary, /[\n\r]/);
        assert.equal(typeof placeOf(name, {}).id, 'string');
      }
    });
  });

  test('with an alert that is called as what every object has is of no alert that a file names', () => {
    for (const name of ODD) {
      assert.deepEqual(placeOf(name, {}).id, placeOf('of nobody', {}).id, name);
    }
  });
});

describe('what a pipeline tells its action', () => {
  const env = fc.record({
    ...{ INPUT_TARGET: hostile, INPUT_VERSION: hostile, INPUT_REASON: hostile, INPUT_AS: hostile },
    ...{ INPUT_STRATEGY: hostile, INPUT_TIMEOUT: hostile, GITHUB_ACTOR: hostile },
    ...{ INPUT_WEB_UI: fc.oneof(hostile, fc.constant('https://ui/')), GITHUB_REF_NAME: hostile },
    ...{ INPUT_AUTO_PROMOTE: fc.constantFrom('', 'true'), GITHUB_REPOSITORY: hostile },
  });
  const ran = fc.record({
    stdout: fc.oneof(
      hostile,
      tree.map((one) => JSON.stringify(one)),
      fc.record({ operation: hostile, runId: hostile }).map((one) => JSON.stringify(one)),
    ),
    stderr: hostile,
    code: fc.constantFrom(null, 0, 2, 8, 9, 130),
  });

  test('becomes no flag, no second output and no other block of the summary', async () => {
    const { inputsFrom, deployArguments, endOf, outputsOf, summaryOf } = (await import(
      TOLD
    )) as Told;
    const inputs = (given: Record<string, string>) => {
      try {
        return inputsFrom(given);
      } catch {
        return undefined; // a mistake, which is named
      }
    };
    holds(fc.tuple(env, ran, hostile), ([given, end, state]) => {
      const asked = inputs(given);
      if (asked === undefined) return;
      const args = deployArguments(asked);
      assert.deepEqual(args.slice(-3), ['--', asked.target, asked.version]);
      for (const flag of args.slice(1, -3)) assert.match(flag, /^--[a-z-]+(=|$)/);
      const found = endOf(asked, end, false);
      const lines = outputsOf(found).split('\n');
      assert.equal(lines.length, 7, lines.join('|'));
      const summary = summaryOf(found, state, '');
      assert.ok(summary.startsWith('## Fairlead: '));
    });
  });
});

describe('a message to the local host', () => {
  test('of any shape is what its verb takes, or refused', () => {
    holds(tree, (one) => {
      for (const { input } of Object.values(verbs)) input.safeParse(one);
      hostFileSchema.safeParse(one);
    });
  });

  describe('over its socket', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-fuzz-'));
    const noted: string[] = [];
    const parts = {
      host: new Proxy({}, { get: () => () => assert.fail('nothing of this may be done') }),
      note: (message: string) => noted.push(message),
    } as unknown as ControlParts;
    const server = createControl(parts);
    let path = '';
    before(async () => {
      path = await listenOnSocket(server, folder, undefined);
    });
    after(() => {
      server.close();
      rmSync(folder, { recursive: true });
    });

    test('is answered by a refusal, and by no error of its own', async () => {
      const verb = fc.oneof(fc.constantFrom(...Object.keys(verbs), ...ODD), fc.webSegment());
      const body = fc.oneof(
        hostile,
        tree.map((one) => JSON.stringify(one)),
        fc.constant('['.repeat(20_000)),
      );
      const posted = fc.tuple(fc.constantFrom('POST', 'GET', 'PUT'), verb, body);
      await holdsAsync(posted, async ([method, name, sent]) => {
        const status = await new Promise<number>((done, failed) => {
          const asked = request({ socketPath: path, method, path: `/v1/${name}` }, (answer) => {
            void readAll(answer).then(() => {
              done(answer.statusCode ?? 0);
            }, failed);
          });
          asked.once('error', failed);
          asked.end(sent);
        });
        assert.equal(status, 400);
      });
      assert.deepEqual(noted, []);
    });
  });
});
