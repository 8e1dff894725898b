// What the API answers, worked out of the datasets.

export function portfolio({ customers, loans, payments }) {
  return {
    loans: loans.length,
    customers: customers.length,
    principal: total(loans, 'principal'),
    outstanding: total(loans, 'balance'),
    repaid: total(payments, 'amount'),
    lateShare: share(
      loans.filter(({ status }) => status === 'late'),
      loans,
    ),
    byProduct: groups(loans, ({ product }) => product),
  };
}

export function loanList({ customers, loans }, limit) {
  const names = new Map(customers.map(({ customer_id, name }) => [customer_id, name]));
  return loans.slice(0, limit).map((loan) => ({
    id: loan.loan_id,
    customer: names.get(loan.customer_id) ?? null,
    product: loan.product,
    principal: Number(loan.principal),
    balance: Number(loan.balance),
    rate: Number(loan.rate),
    status: loan.status,
  }));
}

const BUCKETS = [
  ['current', 0, 0],
  ['1-30', 1, 30],
  ['31-60', 31, 60],
  ['61-90', 61, 90],
  ['over 90', 91, Infinity],
];

/** Balances by how late they are, and by the customer's risk class. */
export function delinquency({ customers, loans }) {
  const risks = new Map(customers.map(({ customer_id, risk }) => [customer_id, risk]));
  const late = loans.filter(({ days_past_due }) => Number(days_past_due) > 0);
  return {
    buckets: BUCKETS.map(([label, from, to]) => {
      const inside = loans.filter(
        ({ days_past_due }) => Number(days_past_due) >= from && Number(days_past_due) <= to,
      );
      return { label, loans: inside.length, outstanding: total(inside, 'balance') };
    }),
    lateByRisk: groups(late, ({ customer_id }) => risks.get(customer_id) ?? 'unknown'),
  };
}

function groups(loans, keyOf) {
  const keys = [...new Set(loans.map(keyOf))].sort();
  return Object.fromEntries(
    keys.map((key) => {
      const inside = loans.filter((loan) => keyOf(loan) === key);
      return [key, { loans: inside.length, outstanding: total(inside, 'balance') }];
    }),
  );
}

function total(rows, column) {
  return Math.round(rows.reduce((sum, row) => sum + Number(row[column]), 0) * 100) / 100;
}

function share(part, whole) {
  return Math.round((total(part, 'balance') / total(whole, 'balance')) * 10_000) / 10_000;
}
