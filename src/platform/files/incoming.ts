import { type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../ids.ts";
import { limits } from "../limits.ts";
import { type Files, FileTooLarge, IncomingStalled } from "./files.ts";
import { isMissing } from "./missing.ts";

/** A folder of this machine in which bytes arrive. */
export function createIncoming(folder: string): Pick<Files, "receive" | "forgetIncoming"> {
  return {
    async receive(bytes, maxBytes) {
      await mkdir(folder, { recursive: true });
      const path = join(folder, newId());
      await using undo = new AsyncDisposableStack();
      undo.defer(() => rm(path, { force: true }));
      const size = await write(path, bytes, maxBytes);
      const kept = undo.move();
      return { path, size, [Symbol.asyncDispose]: () => kept.disposeAsync() };
    },
    async forgetIncoming(at) {
      for (const name of await readdir(folder).catch(emptyWhenMissing)) {
        const path = join(folder, name);
        const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: at }));
        if (mtimeMs < at) await rm(path, { force: true });
      }
    },
  };
}

async function write(path: string, bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<number> {
  await using file: FileHandle = await open(path, "wx");
  let size = 0;
  for await (const piece of paced(bytes)) {
    size += piece.length;
    if (size > maxBytes) throw new FileTooLarge(`more than ${maxBytes} bytes`);
    await file.writeFile(piece);
  }
  await file.sync();
  return size;
}

/** The same pieces. Throws when fewer bytes than a slow connection would bring come in a while: whoever sends holds a place. */
async function* paced(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const { stalledBodyMs, stalledBodyBytes } = limits.port;
  const until = performance.now() + limits.files.uploadMs;
  const stalled = Promise.withResolvers<never>();
  stalled.promise.catch(() => undefined);
  let inThisWhile = 0;
  const timer = setInterval(() => {
    if (inThisWhile < stalledBodyBytes || performance.now() > until)
      stalled.reject(new IncomingStalled("too little came for too long"));
    inThisWhile = 0;
  }, stalledBodyMs).unref();
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), stalled.promise]);
      if (next.done === true) return;
      inThisWhile += next.value.length;
      yield next.value;
    }
  } finally {
    clearInterval(timer);
    // Not waited for: a sender that stalls would hold this up too.
    iterator.return?.().catch(() => undefined);
  }
}

function emptyWhenMissing(error: unknown): string[] {
  if (isMissing(error)) return [];
  throw error;
}
