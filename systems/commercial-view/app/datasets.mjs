// The three datasets that every answer is made from, and the columns that they must have.
import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readCsv } from './csv.mjs';

const FIRST = 'gen-1';

export const COLUMNS = {
  customers: ['customer_id', 'name', 'segment', 'region', 'risk'],
  loans: [
    ...['loan_id', 'customer_id', 'product', 'principal', 'rate', 'start_date'],
    ...['term_months', 'balance', 'days_past_due', 'status'],
  ],
  payments: ['payment_id', 'loan_id', 'paid_on', 'amount'],
};

/** Throws an Error that names the file and what is wrong with it. */
export function loadDatasets(folder) {
  return Object.fromEntries(
    Object.entries(COLUMNS).map(([name, columns]) => {
      const file = join(folder, `${name}.csv`);
      const rows = readCsv(file);
      if (rows.length === 0) throw new Error(`${file} has a header and no rows`);
      const missing = columns.filter((column) => !Object.hasOwn(rows[0], column));
      if (missing.length > 0) throw new Error(`${file} lacks the columns ${missing.join(', ')}`);
      return [name, rows];
    }),
  );
}

/**
 * The datasets in a folder, or in the generation (`gen-N`) that its link `current` leads to: read anew as soon as that leads
 * to another one. `generation` says which one is open.
 */
export function openDatasets(folder) {
  let open;
  const now = () => {
    const generation = currentOf(folder);
    if (open?.generation !== generation) {
      const from = generation === null ? folder : join(folder, generation);
      open = { generation, datasets: loadDatasets(from) };
    }
    return open;
  };
  now();
  return {
    /** Throws an Error while there are none: nothing is answered from what is not live any more. */
    datasets: () => now().datasets,
    generation: () => currentOf(folder),
  };
}

/** What the link `current` says; null for a folder without one. A package of npm has no links: the first generation then. */
function currentOf(folder) {
  try {
    return readlinkSync(join(folder, 'current'));
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EINVAL') throw error;
    return existsSync(join(folder, FIRST)) ? FIRST : null;
  }
}
