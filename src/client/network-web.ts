import type { Network } from "./network.ts";

/** The browser's network, and whether anybody looks at the page. */
export const webNetwork: Network = {
  isOnline: () => navigator.onLine,
  onWake(listener) {
    const online = () => listener("online");
    const visible = () => {
      if (document.visibilityState === "visible") listener("visible");
    };
    window.addEventListener("online", online);
    document.addEventListener("visibilitychange", visible);
    return () => {
      window.removeEventListener("online", online);
      document.removeEventListener("visibilitychange", visible);
    };
  },
};
