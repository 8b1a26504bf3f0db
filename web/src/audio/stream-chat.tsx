import { useEffect, useState } from "preact/hooks";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { PlaceView } from "../messages/place-view.tsx";
import { JoinBar } from "../rooms/join-bar.tsx";
import { sentenceOfProblem } from "../text/sentences.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Skeleton } from "../ui/skeleton.tsx";

/** The chat room of a stream, beside it. */
export function StreamChat({ roomId }: { readonly roomId: string }) {
  const { rooms, places, live } = useWorkspace();
  const room = rooms.get(roomId);
  const [problem, setProblem] = useState<Problem>();
  const isMissing = rooms.isLoaded.value && room === undefined;
  const isMember = room?.myRole !== undefined;

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

  // Who is no member is not sent the room's events unless asking for them.
  useEffect(() => {
    if (isMember || room === undefined) return;
    const looking = new AbortController();
    live.watch(roomId, room.headSequence, looking.signal);
    return () => looking.abort();
  }, [isMember, room === undefined]);

  return (
    <section class="stream-chat" aria-label="Chat">
      {problem !== undefined && isMissing ? (
        <Empty icon="lock" title="The chat cannot be shown" text={sentenceOfProblem(problem)}>
          <Button onClick={() => void lookUp()}>Try again</Button>
        </Empty>
      ) : room === undefined ? (
        <Skeleton label="Loading the chat" kind="messages" count={4} />
      ) : (
        <PlaceView
          place={places.room(roomId)}
          roomId={isMember ? roomId : undefined}
          composerLabel="Message the listeners"
          takesFocus={false}
          emptyText={isMember ? "Say the first word." : "Join the room to say the first word."}
          bar={isMember && room.isActive ? undefined : <JoinBar room={room} />}
        />
      )}
    </section>
  );
}
