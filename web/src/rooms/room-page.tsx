import { useEffect, useState } from "preact/hooks";
import { type Room, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { InvitedRoom } from "../invites/invited-room.tsx";
import { MembersPanel } from "../members/members-panel.tsx";
import { PlaceSkeleton } from "../messages/place-skeleton.tsx";
import { PlaceView } from "../messages/place-view.tsx";
import { JoinBar } from "./join-bar.tsx";
import { RoomHeader } from "./room-header.tsx";
import { RoomUnavailable } from "./room-unavailable.tsx";

interface RoomPageProps {
  readonly roomId: string;
  readonly inviteCode: string | undefined;
}

export function RoomPage({ roomId, inviteCode }: RoomPageProps) {
  const { rooms, conversations } = useWorkspace();
  const room = rooms.get(roomId);
  const [problem, setProblem] = useState<Problem>();
  const isMissing = rooms.isLoaded.value && room === undefined;

  // Not in the lists, and still perhaps to be seen: a room that is not listed, or a conversation by its room.
  async function lookUp(): Promise<void> {
    setProblem(undefined);
    try {
      const found = await rooms.read(roomId);
      if (found.type === RoomType.DIRECT && found.otherUserId !== undefined) {
        conversations.begin(found);
        navigate(paths.direct(found.otherUserId), { replace: true });
      } else rooms.put(found);
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }
  useEffect(() => {
    if (isMissing) void lookUp();
  }, [isMissing]);

  if (inviteCode !== undefined && rooms.isLoaded.value && room?.myRole === undefined) {
    return <InvitedRoom roomId={roomId} inviteCode={inviteCode} name={room?.name} />;
  }
  if (problem !== undefined && isMissing) return <RoomUnavailable problem={problem} onRetry={() => void lookUp()} />;
  // Messages are read after the rooms: events are followed from where the rooms stood, so that none falls in between.
  if (!rooms.isLoaded.value || room === undefined) return <PlaceSkeleton />;
  return <OpenRoom room={room} />;
}

function OpenRoom({ room }: { readonly room: Room }) {
  const { places, live } = useWorkspace();
  const [showsMembers, setShowsMembers] = useState(() => matchMedia("(min-width: 68rem)").matches);
  const isMember = room.myRole !== undefined;

  // Who is no member is not sent the room's events unless asking for them.
  useEffect(() => {
    if (isMember) return;
    const looking = new AbortController();
    live.watch(room.id, room.headSequence, looking.signal);
    return () => looking.abort();
  }, [isMember]);

  return (
    <div class={showsMembers ? "room room-with-members" : "room"}>
      <RoomHeader room={room} showsMembers={showsMembers} onToggleMembers={() => setShowsMembers(!showsMembers)} />
      <PlaceView
        place={places.room(room.id)}
        // Nobody counts what a guest has read.
        roomId={isMember ? room.id : undefined}
        composerLabel={`Message ${room.name}`}
        emptyText={isMember ? "Say the first word." : "Join the room to say the first word."}
        bar={isMember && room.isActive ? undefined : <JoinBar room={room} />}
      />
      {showsMembers && <MembersPanel room={room} onClose={() => setShowsMembers(false)} />}
    </div>
  );
}
