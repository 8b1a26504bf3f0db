import { Failure, Reason } from "../../platform/failure.ts";
import { type HttpAnswer, answerOf as plainAnswerOf } from "../../platform/http/answers.ts";
import { askForKey } from "./credentials.ts";

export { type HttpAnswer, internalError } from "../../platform/http/answers.ts";

/** What differs from the status that a reason has elsewhere: a source reads 401 as "the key is wrong". */
const statusOfReason: Readonly<Partial<Record<Reason, number>>> = {
  [Reason.STREAM_KEY_WRONG]: 401,
  [Reason.ALREADY_BROADCASTING]: 409,
  [Reason.WRONG_STREAM_STATE]: 409,
  [Reason.BROADCAST_OVER]: 409,
  [Reason.AUDIO_UNSUPPORTED]: 415,
};

/** An expected failure as an answer; undefined for any other error, which is nobody's business outside. */
export function answerOf(error: unknown): HttpAnswer | undefined {
  const answer = plainAnswerOf(error);
  if (answer === undefined || !(error instanceof Failure)) return answer;
  const { reason } = error;
  const headers = reason === Reason.STREAM_KEY_WRONG ? askForKey : answer.headers;
  return { ...answer, status: statusOfReason[reason] ?? answer.status, headers };
}

/** The answer to whoever shows no key. */
export const keyWanted: HttpAnswer = {
  status: 401,
  headers: askForKey,
  sentence: "sign in as the user `source` with the stream key",
};
