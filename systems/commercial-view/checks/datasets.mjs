// Are the datasets there, with their columns, and do they refer to each other? Exit 0 or 1, one line.
import { fileURLToPath } from 'node:url';
import { openDatasets } from '../app/datasets.mjs';

try {
  const folder =
    process.env.COMMERCIAL_VIEW_DATA_PATH ?? fileURLToPath(new URL('../data', import.meta.url));
  const { customers, loans, payments } = openDatasets(folder).datasets();
  const customerIds = new Set(customers.map(({ customer_id }) => customer_id));
  const loanIds = new Set(loans.map(({ loan_id }) => loan_id));
  const lost = [
    ...loans
      .filter(({ customer_id }) => !customerIds.has(customer_id))
      .map(({ loan_id }) => loan_id),
    ...payments.filter(({ loan_id }) => !loanIds.has(loan_id)).map(({ payment_id }) => payment_id),
  ];
  if (lost.length > 0) throw new Error(`${lost.length} rows refer to nothing, such as ${lost[0]}`);
  console.log(`${customers.length} customers, ${loans.length} loans, ${payments.length} payments`);
} catch (error) {
  console.error(`datasets: ${error.message}`);
  process.exitCode = 1;
}
