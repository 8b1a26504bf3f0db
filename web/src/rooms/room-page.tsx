import { useEffect, useState } from "preact/hooks";
import { type Room, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { InvitedRoom } from "../invites/invited-room.tsx";
import { PlaceSkeleton } from "../messages/place-skeleton.tsx";
import { PlaceView } from "../messages/place-view.tsx";
import { useJump } from "../messages/use-jump.ts";
import { SettingContext } from "../messages/use-place.ts";
import { SidePanel } from "../panel/side-panel.tsx";
import { JoinBar } from "./join-bar.tsx";
import { rankIn } from "./rank.ts";
import { RoomHeader } from "./room-header.tsx";
import { RoomUnavailable } from "./room-unavailable.tsx";
import { useGuestEvents } from "./use-guest-events.ts";

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
  const { account, places } = useWorkspace();
  const isMember = room.myRole !== undefined;
  const canWrite = isMember && room.isActive;
  const place = places.room(room.id);
  useGuestEvents(room);
  useJump(place.timeline);

  return (
    <SettingContext.Provider value={{ place, roomId: room.id, room, rank: rankIn(room, account.isAdmin), canWrite }}>
      <div class="room">
        <RoomHeader room={room} />
        <PlaceView
          // Nobody counts what a guest has read.
          countedRoomId={isMember ? room.id : undefined}
          composerLabel={`Message ${room.name}`}
          emptyText={isMember ? "Say the first word." : "Join the room to say the first word."}
          bar={canWrite ? undefined : <JoinBar room={room} />}
        />
        <SidePanel />
      </div>
    </SettingContext.Provider>
  );
}
