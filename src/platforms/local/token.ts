// The control token: made once, by whoever comes first, readable by the owner only, compared in constant time.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export async function readOrMakeToken(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const mine = `${path}.${process.pid}.tmp`;
  await writeFile(mine, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  try {
    // A link appears whole or not at all, and fails when somebody else was first.
    await link(mine, path);
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!exists) throw error;
  } finally {
    await rm(mine, { force: true });
  }
  return (await readFile(path, 'utf8')).trim();
}

export function tokenComparer(token: string): (text: string) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(token);
  return (text) => timingSafeEqual(digest(text), wanted);
}
