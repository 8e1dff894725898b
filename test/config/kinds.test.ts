// The registries of platforms and datastores: what the settings of all kinds have to keep to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { DATASTORES, PLATFORMS } from '../../src/config/kinds.ts';

type Kinds = Readonly<Record<string, { fields: Readonly<Record<string, z.ZodType>> }>>;
const FAMILIES: Readonly<Record<string, Kinds>> = { platforms: PLATFORMS, datastores: DATASTORES };

for (const [family, kinds] of Object.entries(FAMILIES)) {
  test(`two ${family} that have a field of the same name mean the same by it`, () => {
    const shapes = new Map<string, string>();
    for (const [kind, { fields }] of Object.entries(kinds)) {
      for (const [name, schema] of Object.entries(fields)) {
        const shape = JSON.stringify(schema.toJSONSchema({ io: 'input' }));
        assert.equal(shape, shapes.get(name) ?? shape, `${name} of ${kind}`);
        shapes.set(name, shape);
      }
    }
  });

  test(`no field is required by its shape: a file may name another of the ${family}`, () => {
    for (const [kind, { fields }] of Object.entries(kinds)) {
      assert.ok(z.object(fields).safeParse({}).success, kind);
    }
  });
}

test('a datastore takes what it needs', () => {
  for (const [kind, { fields, needs }] of Object.entries(DATASTORES)) {
    for (const name of needs) assert.ok(Object.hasOwn(fields, name), `${name} of ${kind}`);
  }
});
