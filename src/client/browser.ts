import { createWebLock } from "./lock-web.ts";
import { createSession, type Session } from "./session.ts";
import { createWebStorage } from "./token-storage-web.ts";
import { createWebTransport } from "./transport-web.ts";

export type * from "./audio/index.ts";
export { webNetwork } from "./network-web.ts";
export { createWebTransport } from "./transport-web.ts";

/** The session of this browser, which all tabs of the origin share. */
export function createBrowserSession(): Session {
  return createSession({
    transportFor: (interceptors) => createWebTransport(interceptors),
    storage: createWebStorage("veza.session"),
    lock: createWebLock("veza.refresh"),
  });
}

/** The part of the kit that plays and sends live sound. It is fetched when somebody wants to hear or be heard. */
export function loadAudio() {
  return import("./audio/index.ts");
}
