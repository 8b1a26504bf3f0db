import { Failure, Reason, reasonFacts } from "../../platform/failure.ts";
import { askForKey } from "./credentials.ts";

/** What a failure is over plain HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly sentence: string;
}

/** What differs from the status that the reason's code has: a source reads 401 as "the key is wrong". */
const statusOfReason: Readonly<Partial<Record<Reason, number>>> = {
  [Reason.STREAM_KEY_WRONG]: 401,
  [Reason.ALREADY_BROADCASTING]: 409,
  [Reason.WRONG_STREAM_STATE]: 409,
  [Reason.BROADCAST_OVER]: 409,
  [Reason.AUDIO_UNSUPPORTED]: 415,
};

/** By google.rpc.Code. */
const statusOfCode: Readonly<Record<number, number>> = {
  3: 400,
  4: 408,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 409,
  14: 503,
  16: 401,
};

/** An expected failure as an answer; undefined for any other error, which is nobody's business outside. */
export function answerOf(error: unknown): HttpAnswer | undefined {
  if (!(error instanceof Failure)) return undefined;
  const { reason, message: sentence } = error;
  const status = statusOfReason[reason] ?? statusOfCode[reasonFacts(reason).code] ?? 500;
  return { status, headers: reason === Reason.STREAM_KEY_WRONG ? askForKey : {}, sentence };
}

/** The answer to whoever shows no key. */
export const keyWanted: HttpAnswer = {
  status: 401,
  headers: askForKey,
  sentence: "sign in as the user `source` with the stream key",
};

export const internalError: HttpAnswer = { status: 500, headers: {}, sentence: "internal error" };
