// The backend of a marketplace: products and orders in memory. A version adds to it or spoils it; this file knows none.
import { createServer } from 'node:http';
import { createMetrics } from './metrics.mjs';

const PRODUCTS = [
  { id: 'tea', name: 'Assam tea', price: 7.5 },
  { id: 'lamp', name: 'Desk lamp', price: 39 },
  { id: 'rug', name: 'Wool rug', price: 180 },
];

/** `before(count)` runs before the count-th request of this process; it may wait, and its result, if any, is the answer. */
export function serve({ version, before = async () => undefined, ready = () => true }) {
  const { HOST = '0.0.0.0', PORT = '8080', FAIRLEAD_REVISION = version } = process.env;
  const metrics = createMetrics({ version });
  let [requests, orders, isEnding] = [0, 0, false];

  const routes = {
    'GET /api/products': () => ({ products: PRODUCTS }),
    'POST /api/orders': () => {
      metrics.order();
      return { status: 201, order: (orders += 1) };
    },
  };
  const answerTo = async (what) => {
    const route = Object.hasOwn(routes, what) ? routes[what] : undefined;
    if (route === undefined) return { status: 404, error: `no ${what}` };
    requests += 1;
    return (await before(requests)) ?? route();
  };
  const own = {
    '/health': () => ({ status: ready() ? 200 : 503, body: JSON.stringify({ version }) }),
    '/metrics': () => ({ status: 200, body: metrics.text() }),
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://backend');
    // Who answered: by this, probes through the gateway know the revision.
    response.setHeader('x-revision', FAIRLEAD_REVISION);
    if (isEnding) response.setHeader('connection', 'close');
    if (Object.hasOwn(own, pathname)) {
      const { status, body } = own[pathname]();
      response.writeHead(status).end(body);
      return;
    }
    const began = performance.now();
    const { status = 200, ...body } = await answerTo(`${request.method} ${pathname}`);
    metrics.request(status, (performance.now() - began) / 1000);
    if (status >= 500) console.error(`error: ${request.method} ${pathname}: ${body.error}`);
    response.setHeader('content-type', 'application/json');
    response.writeHead(status).end(JSON.stringify({ version, ...body }));
  });
  server.listen(Number(PORT), HOST, () => {
    console.log(`aislemarts ${version}: listening on ${HOST}:${PORT}`);
  });
  process.once('SIGTERM', () => {
    isEnding = true;
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
