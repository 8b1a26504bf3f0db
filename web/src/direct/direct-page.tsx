import { useEffect, useState } from "preact/hooks";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { PlaceSkeleton } from "../messages/place-skeleton.tsx";
import { PlaceView } from "../messages/place-view.tsx";
import { RoomUnavailable } from "../rooms/room-unavailable.tsx";
import { DirectHeader } from "./direct-header.tsx";

export function DirectPage({ userId }: { readonly userId: string }) {
  const { conversations, places } = useWorkspace();
  const [problem, setProblem] = useState<Problem>();
  const conversation = conversations.withUser(userId);
  const name = conversations.nameOf(userId);
  const isStranger = conversations.isLoaded.value && name === undefined;

  async function lookUp(): Promise<void> {
    setProblem(undefined);
    try {
      await conversations.lookUp(userId);
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }
  useEffect(() => {
    if (isStranger) void lookUp();
  }, [isStranger]);

  if (problem !== undefined && isStranger) return <RoomUnavailable problem={problem} onRetry={() => void lookUp()} />;
  if (!conversations.isLoaded.value || name === undefined) return <PlaceSkeleton />;
  const shown = name || "Deleted account";
  return (
    <div class="room">
      <DirectHeader userId={userId} username={shown} isOnline={conversation?.isOnline ?? false} />
      <PlaceView
        place={places.direct(userId)}
        roomId={conversation?.roomId}
        composerLabel={`Message ${shown}`}
        emptyText={`Only you and ${shown} can read what is said here.`}
        bar={name === "" ? <p class="bar">This account is gone. What was said stays for you to read.</p> : undefined}
      />
    </div>
  );
}
