/** Where a file is kept: a folder and a name in it, `attachments/0190…`. Lower case letters, digits, `-`, `.` and `_`. */
export type FileKey = string;

/** A kept file, open for reading. It never changes. */
export interface KeptFile extends AsyncDisposable {
  /** In bytes. */
  readonly size: number;
  /** The bytes from one place to another, both included, at the pace they are asked for. */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

/** Bytes that came in and are kept nowhere yet: a file of this machine, gone when it is disposed. */
export interface IncomingFile extends AsyncDisposable {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * Files too large for the database, readable from every instance. What is kept outlives this process and a loss of
 * power; what was only coming in does not.
 */
export interface Files {
  /**
   * Takes bytes in, to a file of this machine; memory holds one piece of them at a time. Throws FileTooLarge past
   * `maxBytes`, IncomingStalled when too little comes for too long, and what `bytes` throws.
   */
  receive(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<IncomingFile>;
  /** Keeps a file of this machine under a key, in place of what was there. The file is taken away from where it is. */
  keep(key: FileKey, path: string): Promise<void>;
  /** Undefined when nothing is kept there. */
  open(key: FileKey): Promise<KeptFile | undefined>;
  /** What is not there is gone already. */
  remove(key: FileKey): Promise<void>;
  /** The keys in a folder of what was kept before `at`, in milliseconds since 1970, in no order. */
  keptBefore(folder: string, at: number): AsyncIterable<FileKey>;
  /** Removes what came in before `at` and was never kept, as a process that was killed leaves it. */
  forgetIncoming(at: number): Promise<void>;
}

export class FileTooLarge extends Error {
  override readonly name = "FileTooLarge";
}

export class IncomingStalled extends Error {
  override readonly name = "IncomingStalled";
}

const wellFormed = /^[a-z]+\/[a-z0-9][a-z0-9._-]*$/;

/** The key itself. Throws for what could mean another place than it says. */
export function checkedKey(key: FileKey): FileKey {
  if (!wellFormed.test(key)) throw new Error(`not the key of a file: ${key}`);
  return key;
}
