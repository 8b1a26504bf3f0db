import { signal } from "@preact/signals";
import type { Clients } from "../app/clients.ts";

/** Looked up at a time, at most. */
const AT_ONCE = 4;

export type Names = ReturnType<typeof createNames>;

/** The names of people of whom only the number is known: who reacted, who moderated. */
export function createNames({ auth }: Pick<Clients, "auth">) {
  const known = signal<ReadonlyMap<string, string>>(new Map());
  const asked = new Set<string>();
  const queue: string[] = [];
  let running = 0;

  function learn(userId: string, name: string): void {
    if (known.peek().get(userId) !== name) known.value = new Map(known.peek()).set(userId, name);
  }

  async function work(): Promise<void> {
    if (running >= AT_ONCE) return;
    running++;
    for (let userId = queue.shift(); userId !== undefined; userId = queue.shift()) {
      try {
        const { user } = await auth.getUserInfo({ userId });
        learn(userId, user?.username ?? "");
      } catch {
        // Out of reach, or erased: asked again when somebody looks again.
        asked.delete(userId);
      }
    }
    running--;
  }

  return {
    learn,
    /** Undefined while it is not known; then it is looked up. */
    of(userId: string): string | undefined {
      const name = known.value.get(userId);
      if (name === undefined && userId !== "0" && !asked.has(userId)) {
        asked.add(userId);
        queue.push(userId);
        void work();
      }
      return name;
    },
  };
}
