// The HTTP server that all versions share. A version adds routes or spoils requests; this file knows none.
import { createServer } from 'node:http';
import { openDatasets } from './datasets.mjs';
import { loanList, portfolio } from './portfolio.mjs';

const ROUTES = {
  '/api/portfolio': (datasets) => portfolio(datasets),
  '/api/loans': (datasets, query) => {
    const limit = Number(query.get('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
      return { status: 400, error: 'limit is a whole number from 1 to 500' };
    }
    return { loans: loanList(datasets, limit) };
  },
};

/**
 * `routes` are added to those that every version has. `beforeApi(count)` runs before each API request,
 * which is the count-th of this process; it may wait, and its result, if any, is the answer.
 */
export function serve({ version, routes = {}, beforeApi = async () => undefined }) {
  const host = process.env.HOST ?? '127.0.0.1';
  const port = Number(process.env.PORT ?? 8000);
  const data = openDatasets(process.env.COMMERCIAL_VIEW_DATA_PATH ?? 'data');
  const known = { ...ROUTES, ...routes };
  let apiRequests = 0;
  let ending = false;

  const answerTo = async ({ pathname, searchParams }) => {
    if (pathname === '/health') {
      const generation = data.generation();
      return { status: 200, body: { status: 'ok', version, ...(generation && { generation }) } };
    }
    const route = Object.hasOwn(known, pathname) ? known[pathname] : undefined;
    if (route === undefined) {
      return {
        status: 404,
        body: { error: `no ${pathname}`, known: ['/health', ...Object.keys(known)] },
      };
    }
    apiRequests += 1;
    const { status = 200, ...body } =
      (await beforeApi(apiRequests)) ?? route(data.datasets(), searchParams);
    return { status, body: { version, ...body } };
  };

  const server = createServer(async (request, response) => {
    const { status, body } = await answerTo(new URL(request.url ?? '/', 'http://service')).catch(
      (error) => ({ status: 500, body: { version, error: error.message } }),
    );
    response.setHeader('content-type', 'application/json; charset=utf-8');
    if (ending) response.setHeader('connection', 'close');
    response.writeHead(status).end(request.method === 'HEAD' ? undefined : JSON.stringify(body));
  });
  server.on('error', (error) => {
    console.error(`commercial-view ${version}: cannot listen on ${host}:${port}: ${error.message}`);
    process.exit(1);
  });
  server.listen(port, host, () => {
    console.log(`commercial-view ${version}: listening on http://${host}:${server.address().port}`);
  });
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => {
      // Open requests are finished; connections that wait for a next one are closed.
      ending = true;
      server.close(() => process.exit(0));
    });
  }
}
