import type { Socket } from "node:net";
import type { Failure } from "../../platform/failure.ts";
import type { HttpExchange } from "../../platform/http/http-exchange.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { streamNotFound } from "../errors.ts";
import type { Admission } from "../live-port.ts";
import { sourceKey } from "./credentials.ts";
import { answerOf, type HttpAnswer, internalError, keyWanted } from "./http-answers.ts";
import type { IncomingFile, IncomingFiles } from "./incoming-file.ts";
import { streamOfMount } from "./source-address.ts";
import { readSourceRequest, type SourceRequest } from "./source-request.ts";

/** Sources of the Icecast protocol: HTTP with a body that has neither a length nor chunks, and what resembles it. */
export interface Icecast {
  /** Takes a connection whose first bytes are a source's request. */
  onSource(socket: Socket, firstBytes: Uint8Array): void;
  /** A source whose request has a length or chunks, so that it can be read like any other. */
  put(exchange: HttpExchange): void;
}

const phrases: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

const heard: HttpAnswer = { status: 200, headers: {}, sentence: "the stream was heard" };

export function createIcecast(needs: { admission: () => Admission; files: IncomingFiles; log: Log }): Icecast {
  const { admission, files, log } = needs;

  /** Lets a source in, as its request says who it is and what it sends. */
  async function admit(
    target: string,
    header: (name: string) => string | undefined,
    onEnd: (failure: Failure) => void,
  ): Promise<IncomingFile | HttpAnswer> {
    const key = sourceKey(header("authorization"));
    if (key === undefined) return keyWanted;
    const streamId = streamOfMount(target);
    if (streamId === undefined) throw streamNotFound();
    const kind = files.kindOf(header("content-type"));
    const { stream } = await admission().sourceByKey(streamId, key);
    return files.open(stream, kind, onEnd);
  }

  function answerTo(error: unknown, target: string): HttpAnswer {
    const answer = answerOf(error);
    if (answer !== undefined) return answer;
    log.error({ err: error, path: target.split("?", 1)[0] }, "a source failed");
    return internalError;
  }

  async function serve(socket: Socket, request: SourceRequest): Promise<void> {
    const { target } = request;
    let source: IncomingFile | HttpAnswer;
    let told = false;
    try {
      source = await admit(
        target,
        (name) => request.headers.get(name),
        (failure) => answer(socket, answerTo(failure, target), told),
      );
    } catch (error) {
      return answer(socket, answerTo(error, target), false);
    }
    if ("status" in source) return answer(socket, source, false);
    const held = source;
    if (socket.destroyed) return held.drop();

    let isWhole = false;
    socket.once("close", () => {
      // What is whole is heard to its end, though its source is gone.
      if (!isWhole) held.drop();
    });
    // Who waits for leave to send is told to go on, and what came of it at the end; others are told at once that all is well.
    if (request.headers.get("expect")?.toLowerCase() === "100-continue") socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    else {
      told = true;
      socket.write(
        `HTTP/1.${request.method === "SOURCE" ? 0 : 1} 200 OK\r\ncache-control: no-store\r\nconnection: close\r\n\r\n`,
      );
    }
    function refuse(error: unknown): void {
      held.drop();
      answer(socket, answerTo(error, target), told);
    }
    function take(bytes: Buffer): void {
      if (!held.isHeld) return;
      try {
        const behind = held.bytes(bytes);
        if (behind === undefined) return;
        socket.pause();
        behind.then(() => socket.resume(), refuse);
      } catch (error) {
        refuse(error);
      }
    }
    function end(): void {
      isWhole = true;
      void held.end().then((wasHeard) => {
        if (wasHeard) answer(socket, heard, told);
      });
    }
    socket.once("end", end);
    socket.on("data", take);
    socket.resume();
    if (request.rest.length > 0) take(request.rest);
    // It ended while it was let in, and says so no more.
    if (socket.readableEnded) end();
  }

  return {
    onSource(socket, firstBytes) {
      socket.on("error", () => socket.destroy());
      readSourceRequest(socket, firstBytes)
        .then((request) => {
          if (request === undefined) {
            return answer(socket, { status: 400, headers: {}, sentence: "this is no request of a source" }, false);
          }
          return serve(socket, request);
        })
        .catch((error: unknown) => {
          log.error({ err: error }, "a source's connection failed");
          socket.destroy();
        });
    },

    put(exchange) {
      const { target } = exchange;
      const say = ({ status, headers, sentence }: HttpAnswer): void => {
        exchange.respond(
          status,
          { "content-type": "text/plain; charset=utf-8", ...headers },
          Buffer.from(`${sentence}\n`),
        );
      };
      const header = (name: string) => exchange.header(name);
      void (async () => {
        let source: IncomingFile | undefined;
        try {
          const admitted = await admit(target, header, (failure) => say(answerTo(failure, target)));
          if ("status" in admitted) return say(admitted);
          source = admitted;
          for await (const bytes of exchange.body()) {
            if (!source.isHeld) return;
            await source.bytes(bytes);
          }
          if (await source.end()) say(heard);
        } catch (error) {
          source?.drop();
          // A source that left in the middle is not there to be answered.
          if (!exchange.closed) say(answerTo(error, target));
        }
      })();
    },
  };
}

/** Ends the connection with an answer, or without one when the source was told already that all is well. */
function answer(socket: Socket, { status, headers, sentence }: HttpAnswer, told: boolean): void {
  if (socket.destroyed) return;
  const lines = Object.entries({
    "content-type": "text/plain; charset=utf-8",
    "content-length": String(Buffer.byteLength(sentence) + 1),
    connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  if (told) socket.end();
  else socket.end(`HTTP/1.1 ${status} ${phrases[status] ?? "Error"}\r\n${lines.join("")}\r\n${sentence}\n`);
  // What the source still sends is taken for a moment, so that the answer is not lost in a reset.
  socket.removeAllListeners("data");
  socket.on("data", () => undefined);
  socket.resume();
  setTimeout(() => socket.destroy(), limits.live.answerMs).unref();
}
