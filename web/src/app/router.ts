import { computed, signal } from "@preact/signals";

export type Route =
  | { readonly page: "home" }
  | {
      readonly page: "room";
      readonly roomId: string;
      readonly inviteCode: string | undefined;
      /** The message to bring into sight. */
      readonly messageId: string | undefined;
    }
  | { readonly page: "direct"; readonly userId: string; readonly messageId: string | undefined }
  | { readonly page: "streams" }
  | { readonly page: "stream"; readonly streamId: string }
  | { readonly page: "account" }
  | { readonly page: "unknown" };

const address = signal(location.pathname + location.search);
window.addEventListener("popstate", () => {
  address.value = location.pathname + location.search;
});

/** Counts what was asked for again although one was there already. */
const wishes = signal(0);

/** Where the person is. A new one for every wish: whoever asks for a message twice wants to be led there twice. */
export const route = computed<Route>(() => {
  wishes.value;
  return parseRoute(new URL(address.value, location.origin));
});

/**
 * Goes somewhere else in the console without loading the page again.
 * @param again whether to go even if one is there already
 */
export function navigate(to: string, { replace = false, again = false } = {}): void {
  if (to === address.value) {
    if (again) wishes.value++;
    return;
  }
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  address.value = to;
}

export const paths = {
  home: "/",
  account: "/account",
  room: (roomId: string, messageId?: string) => `/rooms/${roomId}${at(messageId)}`,
  invite: (roomId: string, code: string) => `/rooms/${roomId}?invite=${encodeURIComponent(code)}`,
  direct: (userId: string, messageId?: string) => `/dm/${userId}${at(messageId)}`,
  streams: "/streams",
  stream: (streamId: string) => `/streams/${streamId}`,
};

function at(messageId: string | undefined): string {
  return messageId === undefined ? "" : `?message=${messageId}`;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function parseRoute({ pathname, searchParams }: URL): Route {
  const asked = searchParams.get("message") ?? "";
  const messageId = UUID.test(asked) ? asked : undefined;
  const [first = "", second = "", ...rest] = pathname.split("/").filter(Boolean);
  if (rest.length > 0) return { page: "unknown" };
  if (first === "") return { page: "home" };
  if (first === "account" && second === "") return { page: "account" };
  if (first === "streams" && second === "") return { page: "streams" };
  if (first === "streams" && UUID.test(second)) return { page: "stream", streamId: second };
  if (first === "rooms" && UUID.test(second)) {
    return { page: "room", roomId: second, inviteCode: searchParams.get("invite") ?? undefined, messageId };
  }
  if (first === "dm" && /^[1-9]\d*$/.test(second)) return { page: "direct", userId: second, messageId };
  return { page: "unknown" };
}
