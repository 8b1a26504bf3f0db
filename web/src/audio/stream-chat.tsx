import { useEffect, useState } from "preact/hooks";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { PlaceView } from "../messages/place-view.tsx";
import { SettingContext } from "../messages/use-place.ts";
import { JoinBar } from "../rooms/join-bar.tsx";
import { rankIn } from "../rooms/rank.ts";
import { useGuestEvents } from "../rooms/use-guest-events.ts";
import { sentenceOfProblem } from "../text/sentences.ts";
import { ThreadPanel } from "../threads/thread-panel.tsx";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Skeleton } from "../ui/skeleton.tsx";

/** The chat room of a stream, beside it. */
export function StreamChat({ roomId }: { readonly roomId: string }) {
  const { account, rooms, places, panel } = useWorkspace();
  const room = rooms.get(roomId);
  const [problem, setProblem] = useState<Problem>();
  const isMissing = rooms.isLoaded.value && room === undefined;
  const isMember = room?.myRole !== undefined;
  const open = panel.in(roomId);
  const canWrite = isMember && room.isActive;

  async function lookUp(): Promise<void> {
    setProblem(undefined);
    try {
      rooms.put(await rooms.read(roomId));
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }
  useEffect(() => {
    if (isMissing) void lookUp();
  }, [isMissing]);

  useGuestEvents(room);

  return (
    <section class="stream-chat" aria-label="Chat">
      {problem !== undefined && isMissing ? (
        <Empty icon="lock" title="The chat cannot be shown" text={sentenceOfProblem(problem)}>
          <Button onClick={() => void lookUp()}>Try again</Button>
        </Empty>
      ) : room === undefined ? (
        <Skeleton label="Loading the chat" kind="messages" count={4} />
      ) : (
        <SettingContext.Provider
          value={{ place: places.room(roomId), roomId, room, rank: rankIn(room, account.isAdmin), canWrite }}
        >
          <PlaceView
            countedRoomId={isMember ? roomId : undefined}
            composerLabel="Message the listeners"
            takesFocus={false}
            emptyText={isMember ? "Say the first word." : "Join the room to say the first word."}
            bar={canWrite ? undefined : <JoinBar room={room} />}
          />
          {open?.kind === "thread" && <ThreadPanel key={open.rootId} rootId={open.rootId} />}
        </SettingContext.Provider>
      )}
    </section>
  );
}
