// docker-compose.temporal.yml: what its containers may do, whom they listen to, and that each image can be pinned from outside.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from '../support/entry.ts';

const service = z.object({
  image: z.string().optional(),
  build: z.object({ args: z.object({ NODE_IMAGE: z.string() }) }).optional(),
  security_opt: z.array(z.string()),
  cap_drop: z.array(z.string()),
  privileged: z.undefined().optional(),
  network_mode: z.undefined().optional(),
  read_only: z.boolean().default(false),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
});
const text = readFileSync(join(ROOT, 'docker-compose.temporal.yml'), 'utf8');
const { services } = z
  .object({ services: z.record(z.string(), service) })
  .parse(parse(text, { merge: true }));
const PINNABLE = /^\$\{FAIRLEAD_[A-Z_]+_IMAGE:-[a-z/-]+:\d[\w.-]+(?:@sha256:[0-9a-f]{64})?\}$/;

for (const [name, one] of Object.entries(services)) {
  test(`the container ${name} gains no rights, keeps none by default, and is reached from this machine only`, () => {
    assert.deepEqual(one.security_opt, ['no-new-privileges:true']);
    assert.deepEqual(one.cap_drop, ['ALL']);
    for (const port of one.ports) assert.match(port, /^127\.0\.0\.1:/);
  });

  test(`the image of ${name} has a version, and a variable that names another`, () => {
    assert.match(one.image ?? one.build?.args.NODE_IMAGE ?? '', PINNABLE);
  });
}

test('the worker writes to its data only, and reads the system files', () => {
  assert.equal(services['worker']?.read_only, true);
  assert.deepEqual(services['worker'].volumes, ['data:/data', './systems:/systems:ro']);
});

test('Dockerfile and compose file name one image of Node, by its digest, and the image runs as no root', () => {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const [, image = ''] = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile) ?? [];
  assert.match(image, /^node:20\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/);
  assert.equal(services['worker']?.build?.args.NODE_IMAGE, `\${FAIRLEAD_NODE_IMAGE:-${image}}`);
  assert.deepEqual(dockerfile.match(/^FROM .*$/gm), [
    'FROM ${NODE_IMAGE} AS build',
    'FROM ${NODE_IMAGE}',
  ]);
  assert.equal(dockerfile.match(/^USER .*$/gm)?.at(-1), 'USER node');
});
