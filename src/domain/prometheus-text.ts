// The Prometheus text exposition format, as far as an analysis reads it.

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}
