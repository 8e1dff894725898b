// Who logs in to the database: what the environment says, or, where LEDGER_DB_LOGIN names a file that is there, what that file
// says now: {"user", "password"}. So a login is changed for the next connection without a process being started anew.
import { readFileSync } from 'node:fs';

export function loginNow(env = process.env) {
  const usual = { user: env.LEDGER_DB_USER ?? 'ledger', password: env.LEDGER_DB_PASSWORD };
  if (!env.LEDGER_DB_LOGIN) return usual;
  try {
    const { user, password } = JSON.parse(readFileSync(env.LEDGER_DB_LOGIN, 'utf8'));
    return { user, password };
  } catch (error) {
    if (error.code === 'ENOENT') return usual;
    throw error;
  }
}
