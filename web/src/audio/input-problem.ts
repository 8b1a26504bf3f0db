import type { InputProblem } from "../../../src/client/browser.ts";
import { inputSentence } from "../text/streams.ts";
import { complain, note } from "../ui/toasts.ts";

/** Says why there is no sound to be had. */
export function complainOfInput(thrown: unknown): void {
  // Told by its shape: the class itself comes with code that is fetched later.
  const problem = (thrown as { problem?: InputProblem }).problem;
  if (typeof problem === "string") note(inputSentence(problem));
  else complain(thrown);
}
