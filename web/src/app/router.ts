import { computed, signal } from "@preact/signals";

export type Route =
  | { readonly page: "home" }
  | { readonly page: "room"; readonly roomId: string; readonly inviteCode: string | undefined }
  | { readonly page: "direct"; readonly userId: string }
  | { readonly page: "streams" }
  | { readonly page: "stream"; readonly streamId: string }
  | { readonly page: "account" }
  | { readonly page: "unknown" };

const address = signal(location.pathname + location.search);
window.addEventListener("popstate", () => {
  address.value = location.pathname + location.search;
});

/** Where the person is. */
export const route = computed<Route>(() => parseRoute(new URL(address.value, location.origin)));

/** Goes somewhere else in the console without loading the page again. */
export function navigate(to: string, { replace = false } = {}): void {
  if (to === address.value) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  address.value = to;
}

export const paths = {
  home: "/",
  account: "/account",
  room: (roomId: string) => `/rooms/${roomId}`,
  invite: (roomId: string, code: string) => `/rooms/${roomId}?invite=${encodeURIComponent(code)}`,
  direct: (userId: string) => `/dm/${userId}`,
  streams: "/streams",
  stream: (streamId: string) => `/streams/${streamId}`,
};

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function parseRoute({ pathname, searchParams }: URL): Route {
  const [first = "", second = "", ...rest] = pathname.split("/").filter(Boolean);
  if (rest.length > 0) return { page: "unknown" };
  if (first === "") return { page: "home" };
  if (first === "account" && second === "") return { page: "account" };
  if (first === "streams" && second === "") return { page: "streams" };
  if (first === "streams" && UUID.test(second)) return { page: "stream", streamId: second };
  if (first === "rooms" && UUID.test(second)) {
    return { page: "room", roomId: second, inviteCode: searchParams.get("invite") ?? undefined };
  }
  if (first === "dm" && /^[1-9]\d*$/.test(second)) return { page: "direct", userId: second };
  return { page: "unknown" };
}
