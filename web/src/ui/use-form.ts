import { useState } from "preact/hooks";
import { type Problem, problemOf, type ReasonName } from "../../../src/client/index.ts";
import { finished, sentenceOfProblem } from "../text/sentences.ts";

/** A form's values by the names of its fields. */
export interface FormValues {
  /** Empty for a field that is not there. */
  get(name: string): string;
}

export interface Form {
  readonly submit: (event: SubmitEvent) => void;
  readonly isBusy: boolean;
  /** What is wrong with a field: a rule of the contract that it breaks, or one of the given reasons. */
  errorOf(field: string, ...reasons: ReasonName[]): string | undefined;
  /** What went wrong, if no field is to blame. */
  readonly problem: string | undefined;
}

/** Sends a form, and brings what the service says about it to the fields. */
export function useForm(send: (values: FormValues) => Promise<void>): Form {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  let isBlamed = false;

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (isBusy) return;
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    setBusy(true);
    setProblem(undefined);
    try {
      await send({ get: (name) => String(data.get(name) ?? "") });
    } catch (thrown) {
      setProblem(problemOf(thrown));
      // To the first field that is wrong, once it is marked.
      setTimeout(() => form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
    } finally {
      setBusy(false);
    }
  }

  return {
    submit: (event) => void submit(event),
    isBusy,
    errorOf(field, ...reasons) {
      if (problem === undefined) return undefined;
      const violation = problem.violations.find((each) => each.field === field);
      const text = violation !== undefined ? finished(violation.sentence) : undefined;
      const found =
        text ?? (problem.reason !== "" && reasons.includes(problem.reason) ? sentenceOfProblem(problem) : undefined);
      if (found !== undefined) isBlamed = true;
      return found;
    },
    // Read after the fields: whether one of them has taken the blame is known by then.
    get problem() {
      return problem === undefined || isBlamed ? undefined : sentenceOfProblem(problem);
    },
  };
}
