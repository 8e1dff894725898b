// What has to be known of a Go module to build its programs (go-programs.ts).

export interface GoModule {
  path: string;
  version: string;
  /** What Go's checksum database has for it. */
  sum: string;
  /** Its main packages, by the names of their programs. */
  programs: Readonly<Record<string, string>>;
  tags?: readonly string[];
  /** Further arguments of `go build`. */
  flags?: readonly string[];
  /** What has to be changed in its source before it builds, or does what is needed. */
  change?: (source: string) => void;
  /** A module of ours around it is built instead of its own source: written into an empty folder. */
  wrap?: (folder: string, kept: string) => void;
  /** Of `go build`. */
  env?: Readonly<Record<string, string>>;
}
