// The three datasets that every answer is made from, and the columns that they must have.
import { join } from 'node:path';
import { readCsv } from './csv.mjs';

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
