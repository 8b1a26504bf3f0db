import { get } from "node:http";
import type { ListenResponse } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { Person } from "./people.ts";

type Frame = Exclude<ListenResponse["frame"], { case: undefined }>;

/** One open Listen and all that it has told. */
export interface ListenTape extends AsyncDisposable {
  readonly frames: Frame[];
  /** Resolves once the frames so far satisfy the condition; rejects when the call ends without. */
  until(what: string, condition: (frames: readonly Frame[]) => boolean): Promise<void>;
  /** How the call ended. */
  readonly ended: Promise<unknown>;
}

export interface HeardPacket {
  readonly sequence: number;
  readonly pts: number;
  readonly duration: number;
  readonly data: Uint8Array;
}

export function packetsOf(frames: readonly Frame[]): HeardPacket[] {
  return frames.flatMap((frame) =>
    frame.case !== "packets"
      ? []
      : frame.value.packets.map(({ sequence, pts, duration, data }) => ({
          sequence: Number(sequence),
          pts: Number(pts),
          duration,
          data,
        })),
  );
}

export function listenTo(
  { stream }: Pick<Person, "stream">,
  request: Parameters<Person["stream"]["listen"]>[0],
): ListenTape {
  const leave = new AbortController();
  const frames: Frame[] = [];
  let over: { readonly error: unknown } | undefined;
  let look: () => void = () => undefined;
  const ended = (async () => {
    try {
      for await (const { frame } of stream.listen(request, { signal: leave.signal })) {
        if (frame.case === undefined) continue;
        frames.push(frame);
        look();
      }
      over = { error: undefined };
    } catch (error) {
      over = { error };
    }
    look();
    return over.error;
  })();
  return {
    frames,
    ended,
    until: (what, condition) =>
      new Promise((resolve, reject) => {
        look = () => {
          if (condition(frames)) resolve();
          else if (over !== undefined) reject(new Error(`Listen ended before ${what}`, { cause: over.error }));
        };
        look();
      }),
    async [Symbol.asyncDispose]() {
      leave.abort();
      await ended;
    },
  };
}

/** One player over HTTP and the bytes that it got. */
export interface HttpTape extends AsyncDisposable {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  bytes(): Buffer;
  /** Resolves once so many bytes are there; rejects when the response ends before. */
  atLeast(bytes: number): Promise<Buffer>;
  /** Resolves once the response has ended, well or not. */
  readonly ended: Promise<void>;
}

export function play(url: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpTape> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false });
    request.once("error", reject);
    request.once("response", (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      let over = false;
      let look: () => void = () => undefined;
      response.on("data", (part: Buffer) => {
        parts.push(part);
        size += part.length;
        look();
      });
      response.on("error", () => undefined);
      const ended = new Promise<void>((done) => {
        response.once("close", () => {
          over = true;
          look();
          done();
        });
      });
      request.on("error", () => undefined);
      const bytes = () => Buffer.concat(parts);
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        bytes,
        ended,
        atLeast: (wanted) =>
          new Promise((enough, failed) => {
            look = () => {
              if (size >= wanted) enough(bytes());
              else if (over) failed(new Error(`the response ended after ${size} bytes`));
            };
            look();
          }),
        async [Symbol.asyncDispose]() {
          request.destroy();
          await ended;
        },
      });
    });
  });
}
