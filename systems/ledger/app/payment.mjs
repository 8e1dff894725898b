// Pays an order with the payment provider, under a reference that it takes once.

export function payWith(url) {
  if (!url) throw new Error('LEDGER_PAYMENTS_URL says where payments are made; it is not set');
  return async ({ reference, amount }) => {
    const response = await fetch(new URL('/payments', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reference, amount }),
      signal: AbortSignal.timeout(3000),
    });
    if (response.status === 201) return;
    const { error = `status ${response.status}` } = await response.json().catch(() => ({}));
    throw Object.assign(new Error(`the payment of ${reference} was refused: ${error}`), {
      status: 502,
    });
  };
}
