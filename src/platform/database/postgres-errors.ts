import { DatabaseError } from "pg";
import { Failure, Reason } from "../failure.ts";

/**
 * States that pass by themselves: lost connections (08), too few resources (53), operators at work (57), a timeout that
 * ran out (25P03, 25P04, 55P03), a server that only reads while another takes over (25006), and works that were in each
 * other's way (40). https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const passing = /^(08...|53...|57...|25P0[34]|55P03|25006|40...)$/;
/** Who we are or what we may do is wrong, or the database is not there: no trying again helps. */
const refusal = /^(28...|3D000|42501)$/;
/** A work that the server has undone because it was in the way of another. */
const inTheWay = new Set(["40001", "40P01"]);
const textWithNul = "22021";

/** What an error means for the connection and for the transaction that it came from. */
export type Aftermath =
  /** The connection can be used again. */
  | "sound"
  /** The transaction is undone, for sure, and the same work may succeed when it runs again. */
  | "undone"
  /** The connection is lost. What was being done on it is undone, unless it was the commit. */
  | "lost";

export function aftermathOf(error: unknown): Aftermath {
  if (!(error instanceof DatabaseError)) return "lost";
  if (error.severity === "FATAL" || error.severity === "PANIC") return "lost";
  return inTheWay.has(error.code ?? "") ? "undone" : "sound";
}

/** Whether the server has become one that only reads: another one writes by now, and may be reached by connecting again. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === "25006";
}

/** Whether trying to connect again makes no sense. */
export function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && refusal.test(error.code ?? "");
}

/** What the caller of a query hears of its error: UNAVAILABLE for what passes, the error itself for what does not. */
export function toFailure(error: unknown, sentence = "the database does not answer: try again"): unknown {
  if (error instanceof Failure) return error;
  if (error instanceof DatabaseError) {
    const code = error.code ?? "";
    if (code === textWithNul) return new Failure(Reason.INVALID_FIELD, { sentence: "text must not hold U+0000" });
    if (!passing.test(code)) return error;
  }
  return new Failure(Reason.UNAVAILABLE, { sentence, retryAfterMs: 1000 });
}
