import { readdirSync, readFileSync } from "node:fs";

/** Microseconds of CPU, user and system, that a process and those that it started have used: from Linux's /proc. */
export function cpuOf(pid: number): number {
  const stat = (id: number) => readFileSync(`/proc/${id}/stat`, "utf8");
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const id = Number(name);
    if (!Number.isInteger(id)) continue;
    try {
      parents.set(id, Number(fieldsOf(stat(id))[1]));
    } catch {
      // It ended while this looked.
    }
  }
  const family = new Set([pid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [child, parent] of parents) {
      if (!family.has(parent) || family.has(child)) continue;
      family.add(child);
      grew = true;
    }
  }
  let ticks = 0;
  for (const id of family) {
    try {
      const fields = fieldsOf(stat(id));
      // utime and stime; of children that ended and were waited for, cutime and cstime.
      ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    } catch {
      // It ended while this looked.
    }
  }
  return ticks * microsecondsPerTick;
}

/** Linux counts in hundredths of a second. */
const microsecondsPerTick = 10_000;

/** The fields of a stat line after the name, which may hold anything: state, parent and so on. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
