// What is wrong with a system file as YAML: one clear mistake each, whatever the parser makes of the rest.
import { SHOP, shopWith, testMistakes } from '../support/system-files.ts';

const BOMB = ['a', 'b', 'c', 'd', 'e']
  .map((name, at, all) => {
    const item = at === 0 ? 'x' : `*${all[at - 1] ?? ''}`;
    return `${name}: &${name} [${Array(9).fill(item).join(', ')}]\n`;
  })
  .join('');

testMistakes([
  [
    'points at line 1 of an empty file',
    '',
    ['1: the file is empty; write at least `system:` and `services:`'],
  ],
  [
    'takes a file of comments for an empty one',
    '# nothing\n',
    ['1: the file is empty; write at least `system:` and `services:`'],
  ],
  [
    'refuses merge keys',
    `${SHOP}<<: {}\n`,
    ['16: <<: merge keys are not known here; share by `base:` or repeat the values'],
  ],
  [
    'names a tab once',
    shopWith(6, '\tport: 8000'),
    ['6: a tab is used for indentation; write spaces'],
  ],
  [
    'names a tab where the parser goes on',
    shopWith(6, '    port: 8000\n\treplicas: 2'),
    ['7: a tab is used for indentation; write spaces'],
  ],
  [
    'names an alias bomb once',
    BOMB,
    [
      '1: more than 20000 values once its aliases (*name) are followed; write fewer or smaller anchors',
    ],
  ],
  [
    'names an alias inside its own anchor',
    'system: shop\na: &a [*a]\n',
    ['2: nested deeper than 40 levels, or an alias inside its own anchor; write it flatter'],
  ],
  [
    'names an alias without an anchor',
    shopWith(6, '    port: *nope'),
    ['6: the alias *nope has no anchor &nope before it'],
  ],
  [
    'refuses a second document',
    `${SHOP}---\nsystem: two\n`,
    ['16: a second document starts here; a system file holds one (remove the line `---`)'],
  ],
  [
    'finds the line that is not UTF-8',
    Buffer.concat([Buffer.from(SHOP), Buffer.from([0x23, 0xff, 0x0a])]),
    ['16: not UTF-8; save the file as UTF-8'],
  ],
  ['refuses UTF-16', Buffer.from(SHOP, 'utf16le'), ['1: not UTF-8; save the file as UTF-8']],
  [
    'names a key that is there twice',
    shopWith(6, '    port: 8000\n    port: 8001'),
    ['7: the key port is there twice; keep one'],
  ],
  [
    'names a key that is there twice, once as a number and once as a text',
    shopWith(6, "    port: 8000\n    1: x\n    '1': y"),
    ['8: the key 1 is there twice; keep one'],
  ],
  [
    'refuses tags',
    shopWith(6, '    port: !secret 8000'),
    ['6: not valid YAML: Unresolved tag: !secret'],
  ],
  [
    'refuses keys that are no text',
    shopWith(6, '    port: 8000\n    ? [a]\n    : b'),
    ['7: a key is no plain text; write `name: value`'],
  ],
  [
    'refuses a key that could reach a prototype',
    shopWith(6, '    port: 8000\n    __proto__: { a: 1 }'),
    ['7: the key __proto__ is not allowed'],
  ],
  [
    'says that a placeholder wants quotes, where YAML reads a map',
    shopWith(6, '    port: 8000\n    files: [{version}]'),
    ["7: services.api.files.0: {version} without quotes is a map in YAML; write '{version}'"],
  ],
  [
    'says that a placeholder wants quotes, where YAML reads nothing',
    shopWith(5, '    command: [node, versions/{version}.mjs]'),
    [
      "5: not valid YAML: a brace begins a map; write versions/{version}.mjs in quotes: 'versions/{version}.mjs'",
    ],
  ],
  [
    'says that a placeholder in a list wants quotes',
    shopWith(5, '    command:\n      - node\n      - {version}.mjs'),
    ["7: not valid YAML: a brace begins a map; write {version}.mjs in quotes: '{version}.mjs'"],
  ],
  [
    'says that a binding wants quotes',
    shopWith(6, '    port: 8000\n    configuration: { A: {{binding.main.host}} }'),
    ['7: {{...}} without quotes is a map in YAML; write it in quotes'],
  ],
  [
    'refuses what is nested too deep for the parser',
    `a: ${'['.repeat(50_000)}`,
    ['1: nested too deep; write it flatter'],
  ],
  [
    'refuses a file that is too large',
    `a: ${'x'.repeat(300_000)}`,
    ['1: the file has 300003 bytes; a system file has at most 262144'],
  ],
]);
