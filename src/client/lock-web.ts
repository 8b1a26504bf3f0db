import { createLocalLock, type Lock } from "./lock.ts";

/**
 * A lock that all tabs of this origin share. Browsers offer it on secure origins only; on plain HTTP each tab has its
 * own, and two tabs that refresh at once rely on the service, which accepts the token just replaced for 30 seconds.
 */
export function createWebLock(name: string): Lock {
  if (navigator.locks === undefined) return createLocalLock();
  return <T>(work: () => Promise<T>) => navigator.locks.request(name, work) as Promise<T>;
}
