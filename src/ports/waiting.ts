// How a long verb of a port is ended early and says that it is still alive.

/** Long verbs stop on `signal` and say that they are alive through `beat`. */
export interface Waiting {
  signal: AbortSignal;
  beat: (progress?: unknown) => void;
}
