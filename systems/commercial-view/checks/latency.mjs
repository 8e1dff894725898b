// How long pages take: node checks/latency.mjs ADDRESS [MAX_MS] [REQUESTS]. Prints a row for each page, and exits with 1 where
// one fails or where its slowest twentieth takes longer than MAX_MS.
const [address = 'http://127.0.0.1:8000', max = '300', requests = '40'] = process.argv.slice(2);
const PAGES = ['/health', '/api/portfolio', '/api/loans?limit=20'];

const rows = [];
for (const page of PAGES) {
  const took = [];
  let failed = 0;
  for (let at = 0; at < Number(requests); at += 1) {
    const began = performance.now();
    const isFine = await fetch(`${address}${page}`, { signal: AbortSignal.timeout(5000) }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status < 500;
      },
      () => false,
    );
    if (!isFine) failed += 1;
    took.push(performance.now() - began);
    // Nobody is there: the others would not answer either.
    if (failed === 3 && at === 2) break;
  }
  took.sort((a, b) => a - b);
  const at = (share) =>
    Math.round(took[Math.min(took.length - 1, Math.floor(share * took.length))]);
  rows.push({
    page,
    requests: took.length,
    failed,
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    max_ms: at(1),
  });
}
console.log(JSON.stringify(rows));
process.exitCode = rows.some((row) => row.failed > 0 || row.p95_ms > Number(max)) ? 1 : 0;
