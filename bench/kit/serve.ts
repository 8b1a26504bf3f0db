/** What a server process answers its parent besides its use of CPU and memory. */
export type Answers = Record<string, (argument: never) => unknown>;

/** The server's side of `startChild`: says that it listens, then answers. Ends when the parent is gone. */
export function serveParent(ready: { port: number; [fact: string]: unknown }, answers: Answers = {}): void {
  const all: Answers = {
    cpu() {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    async memory() {
      for (let i = 0; i < 3; i += 1) {
        globalThis.gc?.();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return process.memoryUsage();
    },
    ...answers,
    async end() {
      await answers.end?.(undefined as never);
      process.exit(0);
    },
  };
  process.on("message", async ({ id, question, argument }: { id?: number; question: string; argument: never }) => {
    try {
      const answer = await all[question]?.(argument);
      if (id !== undefined) process.send?.({ id, answer });
    } catch (error) {
      if (id === undefined) throw error;
      process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
  process.once("disconnect", () => process.exit(1));
  process.send?.({ ready });
}
