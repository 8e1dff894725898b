// Counters and a histogram in Prometheus's text format, by the names of the operations document.
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5];
/** A series that begins with its first error would not be seen to grow. */
const STATUSES = ['200', '201', '404', '500', '503'];

export function createMetrics({ version }) {
  const requests = new Map(STATUSES.map((status) => [status, 0]));
  const buckets = BOUNDS.map(() => 0);
  let [count, sum, orders, payments] = [0, 0, 0, 0];
  return {
    request(status, seconds) {
      requests.set(String(status), (requests.get(String(status)) ?? 0) + 1);
      BOUNDS.forEach((bound, at) => {
        if (seconds <= bound) buckets[at] += 1;
      });
      count += 1;
      sum += seconds;
    },
    order() {
      orders += 1;
      payments += 1;
    },
    text() {
      const label = `version="${version}"`;
      const lines = [
        '# TYPE http_server_requests_total counter',
        ...[...requests].map(
          ([status, value]) => `http_server_requests_total{${label},status="${status}"} ${value}`,
        ),
        '# TYPE http_server_request_duration_seconds histogram',
        ...[...BOUNDS, '+Inf'].map(
          (bound, at) =>
            `http_server_request_duration_seconds_bucket{${label},le="${bound}"} ${buckets[at] ?? count}`,
        ),
        `http_server_request_duration_seconds_sum{${label}} ${sum}`,
        `http_server_request_duration_seconds_count{${label}} ${count}`,
        '# TYPE aisle_orders_total counter',
        `aisle_orders_total{${label}} ${orders}`,
        '# TYPE aisle_payments_total counter',
        `aisle_payments_total{${label}} ${payments}`,
      ];
      return `${lines.join('\n')}\n`;
    },
  };
}
