import { useEffect, useState } from "preact/hooks";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { PlaceSkeleton } from "../messages/place-skeleton.tsx";
import { PlaceView } from "../messages/place-view.tsx";
import { useJump } from "../messages/use-jump.ts";
import { SettingContext } from "../messages/use-place.ts";
import { SidePanel } from "../panel/side-panel.tsx";
import { RoomUnavailable } from "../rooms/room-unavailable.tsx";
import { BlockedBar } from "./blocked-bar.tsx";
import { DirectHeader } from "./direct-header.tsx";

export function DirectPage({ userId }: { readonly userId: string }) {
  const { conversations } = useWorkspace();
  const [problem, setProblem] = useState<Problem>();
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
  return <OpenConversation userId={userId} name={name} />;
}

function OpenConversation({ userId, name }: { readonly userId: string; readonly name: string }) {
  const { conversations, places, presence } = useWorkspace();
  const conversation = conversations.withUser(userId);
  const isErased = name === "";
  const shown = name || "Deleted account";
  const isBlocked = conversation?.isBlocked ?? false;
  const canWrite = !isErased && !isBlocked;
  const place = places.direct(userId);
  useJump(place.timeline);
  useEffect(() => presence.want([userId]), [userId]);

  return (
    <SettingContext.Provider value={{ place, roomId: conversation?.roomId, room: undefined, rank: 0, canWrite }}>
      <div class="room">
        <DirectHeader userId={userId} username={shown} conversation={conversation} />
        <PlaceView
          countedRoomId={conversation?.roomId}
          composerLabel={`Message ${shown}`}
          emptyText={`Only you and ${shown} can read what is said here.`}
          bar={
            isErased ? (
              <p class="bar">This account is gone. What was said stays for you to read.</p>
            ) : isBlocked ? (
              <BlockedBar userId={userId} username={shown} />
            ) : undefined
          }
        />
        <SidePanel />
      </div>
    </SettingContext.Provider>
  );
}
