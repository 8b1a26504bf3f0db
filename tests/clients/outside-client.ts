import { fromBinary } from "@bufbuild/protobuf";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import type { Running } from "./tools.ts";

/** Protobuf's JSON of a message. */
export type Json = Record<string, unknown>;

/** Who is called, and as whom. */
export interface Target {
  /** `http://host:port` or `https://host:port`. */
  readonly address: string;
  /** An access token; without it, nobody is signed in. */
  readonly token?: string;
  /** Path of the certificate to trust, when the address is https. */
  readonly ca?: string;
}

/** What a call came to: a response, or the status and ErrorInfo.reason of the failure. */
export type Answer = { readonly ok: Json } | { readonly failed: { readonly code: string; readonly reason: string } };

/** A client that is not ours, and all that the tests want of it. Methods are named `package.Service/Method`. */
export interface OutsideClient {
  call(target: Target, method: string, request: Json): Promise<Answer>;
  /** Calls a method that answers with a stream. */
  follow(target: Target, method: string, request: Json): Following;
  /** Full names of the services that reflection tells of. */
  listServices(target: Target, version: "v1" | "v1alpha"): Promise<string[]>;
}

/** A response stream, as far as it came. */
export class Following {
  readonly frames: Json[] = [];
  readonly #stop: () => void | Promise<void>;
  #wanted: { readonly arrived: (frames: readonly Json[]) => boolean; readonly promise: PromiseWithResolvers<void> }[] =
    [];
  #over: Error | undefined;

  constructor(stop: () => void | Promise<void>) {
    this.#stop = stop;
  }

  push(frame: Json): void {
    this.frames.push(frame);
    this.#wanted = this.#wanted.filter(({ arrived, promise }) => {
      if (!arrived(this.frames)) return true;
      promise.resolve();
      return false;
    });
  }

  /** The stream is over: what is still waited for will not come. */
  end(why: string): void {
    this.#over ??= new Error(`${why}, after ${JSON.stringify(this.frames)}`);
    for (const { promise } of this.#wanted) promise.reject(this.#over);
    this.#wanted = [];
  }

  /** Resolves when a frame of this kind is there that meets the condition. Rejects when the stream ends before. */
  until(kind: string, condition: (value: Json) => boolean = () => true): Promise<void> {
    const arrived = (frames: readonly Json[]) =>
      frames.some((frame) => frame[kind] !== undefined && condition(frame[kind] as Json));
    if (arrived(this.frames)) return Promise.resolve();
    if (this.#over !== undefined) return Promise.reject(this.#over);
    const promise = Promise.withResolvers<void>();
    this.#wanted.push({ arrived, promise });
    return promise.promise;
  }

  /** Hangs up. */
  async stop(): Promise<void> {
    await this.#stop();
  }
}

/** Follows what a tool prints. `parse` is given all that it printed, piece by piece, and returns the frames in it. */
export function followTool(tool: Running, parse: (chunk: Buffer) => Json[]): Following {
  const following = new Following(() => tool.stop());
  tool.onOutput((chunk) => {
    for (const frame of parse(chunk)) following.push(frame);
  });
  tool.onEnd((code, stderr) => following.end(`the tool ended with ${code}: ${stderr}`));
  return following;
}

/** JSON values one after the other, with or without anything between them. */
export function jsonValues(): (chunk: Buffer) => Json[] {
  let text = "";
  const decoder = new TextDecoder();
  return (chunk) => {
    text += decoder.decode(chunk, { stream: true });
    const values: Json[] = [];
    let depth = 0;
    let quoted = false;
    let begin = 0;
    for (let at = 0; at < text.length; at += 1) {
      const char = text[at];
      if (quoted) {
        if (char === "\\") at += 1;
        else if (char === '"') quoted = false;
      } else if (char === '"') quoted = true;
      else if (char === "{") {
        if (depth === 0) begin = at;
        depth += 1;
      } else if (char === "}") {
        depth -= 1;
        if (depth > 0) continue;
        values.push(JSON.parse(text.slice(begin, at + 1)) as Json);
        text = text.slice(at + 1);
        at = -1;
      }
    }
    return values;
  };
}

/** The failure in an error as the Connect protocol spells it; buf prints the same for all protocols. */
export function failureIn(error: Json): { code: string; reason: string } {
  const details = (error.details ?? []) as { type: string; value: string }[];
  const info = details.find(({ type }) => type === "google.rpc.ErrorInfo");
  const reason = info === undefined ? "" : fromBinary(ErrorInfoSchema, Buffer.from(info.value, "base64")).reason;
  return { code: String(error.code), reason };
}
