// Makes data/current lead to a generation of the datasets: node ops/link-generation.mjs GENERATION. In one step, so that
// nobody who reads finds none. With `check` behind it: exits with 0 where it leads there already, and changes nothing.
import { readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';

const [generation = '', check] = process.argv.slice(2);
const data = process.env.COMMERCIAL_VIEW_DATA_PATH ?? 'data';
if (!/^gen-\d+$/.test(generation)) throw new Error(`${generation} is no generation, such as gen-1`);
await stat(join(data, generation, 'loans.csv'));
const link = join(data, 'current');
if (check === 'check') {
  const now = await readlink(link).catch(() => 'nothing');
  console.log(`${link} leads to ${now}`);
  process.exitCode = now === generation ? 0 : 1;
} else {
  const made = join(data, `.current-${process.pid}`);
  await rm(made, { force: true });
  await symlink(generation, made);
  await rename(made, link);
  console.log(`${link} leads to ${generation}`);
}
