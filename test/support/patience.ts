// How long a test waits for what is sure to come. It ends a test that would hang, and measures nothing: a machine
// that is five times slower than usual must pass too.
export const PATIENCE_MS = 240_000;
