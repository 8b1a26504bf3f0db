import type { Child } from "./child.ts";
import type { Load } from "./load.ts";
import type { Contender } from "./rounds.ts";

/** A server under load, as one that takes turns: calls a second, and microseconds of CPU for each call. */
export function unaryContender(name: string, child: Child, load: Load): Contender {
  return {
    name,
    async round(ms) {
      const cpuBefore = await child.cpu();
      const own = process.cpuUsage();
      const { calls, ms: took } = await load.run(ms);
      const cpu = (await child.cpu()) - cpuBefore;
      const { user, system } = process.cpuUsage(own);
      return {
        callsPerSecond: (calls / took) * 1000,
        cpuPerCall: cpu / calls,
        serverBusy: cpu / (took * 1000),
        loadBusy: (user + system) / (took * 1000),
      };
    },
  };
}
