import { useEffect, useState } from "preact/hooks";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { DirectHeader } from "../parts/direct-header.tsx";
import { PlaceSkeleton } from "../parts/place-skeleton.tsx";
import { PlaceView } from "../parts/place-view.tsx";
import { RoomUnavailable } from "../parts/room-unavailable.tsx";
import { useWorkspace } from "../parts/use-workspace.ts";

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
