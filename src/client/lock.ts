/** Runs one piece of work at a time, among everybody who shares the lock. What the work throws is thrown. */
export type Lock = <T>(work: () => Promise<T>) => Promise<T>;

/** A lock for one process: the next piece of work starts when the one before has ended, well or badly. */
export function createLocalLock(): Lock {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const run = last.then(work, work);
    last = run.catch(() => {});
    return run;
  };
}
