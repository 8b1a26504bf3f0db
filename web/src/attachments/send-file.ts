import { Code } from "@connectrpc/connect";
import type { Problem, ReasonName } from "../../../src/client/index.ts";

/** A file as the service keeps it. */
export interface SentFile {
  readonly id: string;
  readonly filename: string;
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
}

/** Why a file was not taken. */
export class UploadError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.sentence);
    this.problem = problem;
  }
}

export interface SendFileOptions {
  readonly file: File;
  readonly accessToken: string | undefined;
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  onProgress(share: number): void;
}

/**
 * Sends one file. An XMLHttpRequest, because fetch does not tell how much of a body has gone.
 * Rejects with an UploadError.
 */
export function sendFile({ file, accessToken, signal, onProgress }: SendFileOptions): Promise<SentFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/files?name=${encodeURIComponent(file.name)}`);
    request.responseType = "json";
    if (accessToken !== undefined) request.setRequestHeader("authorization", `Bearer ${accessToken}`);
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(sentFile(request.response));
      else reject(new UploadError(problemFrom(request.status, request.response)));
    };
    request.onerror = () => reject(new UploadError(OUT_OF_REACH));
    request.onabort = () => reject(new UploadError({ ...OUT_OF_REACH, code: Code.Canceled }));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    if (signal.aborted) request.abort();
    else request.send(file);
  });
}

function sentFile(answer: unknown): SentFile {
  const { id, name, contentType, size } = answer as Record<string, unknown>;
  return { id: String(id), filename: String(name), contentType: String(contentType), size: Number(size) };
}

/** The service's own sentence, where it came to say one: a proxy before it may have its own bounds. */
function problemFrom(status: number, answer: unknown): Problem {
  const { error, reason } = (answer ?? {}) as { error?: string; reason?: ReasonName };
  return {
    code: CODES[status] ?? (status >= 500 ? Code.Unavailable : Code.InvalidArgument),
    reason: reason ?? "",
    sentence: error ?? "the file could not be sent: try again",
    retryAfterMs: undefined,
    violations: [],
  };
}

const CODES: Partial<Record<number, Code>> = {
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  413: Code.InvalidArgument,
  429: Code.ResourceExhausted,
  501: Code.Unimplemented,
};

const OUT_OF_REACH: Problem = {
  code: Code.Unavailable,
  reason: "",
  sentence: "the server cannot be reached: check your connection",
  retryAfterMs: undefined,
  violations: [],
};
