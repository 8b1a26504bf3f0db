import { Failure, reasonFacts } from "../platform/failure.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import type { SignIn } from "./sign-in.ts";

/** The same, counted by how it went: who guesses passwords shows here first. */
export function countedSignIn(signIn: SignIn, metrics: Metrics): SignIn {
  const description = { name: "veza.auth.sign_ins", unit: "{attempt}", help: "Attempts to sign in or to register." };
  // There from the start: Prometheus sees no increase in a series that begins with its first count.
  for (const outcome of ["OK", "BAD_CREDENTIALS", "RATE_LIMITED"])
    metrics.counter(description, { way: "login", outcome });

  async function counted<Result>(way: "login" | "register", attempt: Promise<Result>): Promise<Result> {
    try {
      const result = await attempt;
      metrics.counter(description, { way, outcome: "OK" }).add();
      return result;
    } catch (error) {
      const outcome = error instanceof Failure ? reasonFacts(error.reason).name : "INTERNAL";
      metrics.counter(description, { way, outcome }).add();
      throw error;
    }
  }
  return {
    register: (...wish) => counted("register", signIn.register(...wish)),
    login: (...wish) => counted("login", signIn.login(...wish)),
  };
}
