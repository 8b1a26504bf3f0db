import { AccountPage } from "../account/account-page.tsx";
import { StreamSkeleton } from "../audio/stream-skeleton.tsx";
import { DirectPage } from "../direct/direct-page.tsx";
import { RoomPage } from "../rooms/room-page.tsx";
import { later } from "../ui/later.tsx";
import { ConnectionStrip } from "./connection-strip.tsx";
import { HomePage } from "./home-page.tsx";
import { type Route, route } from "./router.ts";
import { Sidebar } from "./sidebar.tsx";
import { UnknownPage } from "./unknown-page.tsx";
import { useFocusOnNavigation } from "./use-focus-on-navigation.ts";
import { useTitle } from "./use-title.ts";

// Fetched when somebody wants to hear something: who talks does without.
const StreamsPage = later(async () => (await import("../audio/streams-page.tsx")).StreamsPage, StreamSkeleton);
const StreamPage = later(async () => (await import("../audio/stream-page.tsx")).StreamPage, StreamSkeleton);

/** The console of somebody signed in: the list beside what is open, on a phone one of them at a time. */
export function Shell() {
  const current = route.value;
  useTitle();
  useFocusOnNavigation(JSON.stringify(current));
  return (
    <div class={current.page === "home" ? "shell shell-list" : "shell shell-open"}>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <ConnectionStrip />
      <Sidebar />
      <main id="main" class="main" tabIndex={-1}>
        <Page route={current} />
      </main>
    </div>
  );
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case "home":
      return <HomePage />;
    case "room":
      return <RoomPage key={route.roomId} roomId={route.roomId} inviteCode={route.inviteCode} />;
    case "direct":
      return <DirectPage key={route.userId} userId={route.userId} />;
    case "streams":
      return <StreamsPage />;
    case "stream":
      return <StreamPage key={route.streamId} streamId={route.streamId} />;
    case "account":
      return <AccountPage />;
    case "unknown":
      return <UnknownPage />;
  }
}
