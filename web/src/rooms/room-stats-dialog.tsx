import { useEffect, useState } from "preact/hooks";
import type { Room, RoomStats } from "#gen/veza/chat/v1/room_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { sentenceOf } from "../text/sentences.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Figure, Figures } from "../ui/figures.tsx";
import { Skeleton } from "../ui/skeleton.tsx";

const number = new Intl.NumberFormat();

/** How much goes on in a room. */
export function RoomStatsDialog({ room, onClose }: { readonly room: Room; readonly onClose: () => void }) {
  const { clients } = useWorkspace();
  const [stats, setStats] = useState<RoomStats>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    clients.chat.getRoomStats({ roomId: room.id }).then(
      (answer) => setStats(answer.stats),
      (thrown) => setProblem(sentenceOf(thrown)),
    );
  }, [room.id]);
  return (
    <Dialog title={`“${room.name}” in numbers`} onClose={onClose}>
      {stats !== undefined ? (
        <Figures>
          <Figure name="Messages ever" value={number.format(stats.totalMessages)} />
          <Figure name="Messages today (UTC)" value={number.format(stats.messagesToday)} />
          <Figure name="Online now" {...partOf(stats.onlineMembers, stats.totalMembers)} />
          <Figure name="Wrote in the last 24 hours" {...partOf(stats.activeUsers, stats.totalMembers)} />
        </Figures>
      ) : problem !== undefined ? (
        <p role="alert">{problem}</p>
      ) : (
        <Skeleton label="Loading statistics" kind="rows" count={3} />
      )}
      <div class="dialog-actions">
        <Button onClick={onClose}>Done</Button>
      </div>
    </Dialog>
  );
}

function partOf(part: number, whole: number): { value: string; share: number } {
  // Who wrote may have left since.
  const share = whole === 0 ? 0 : Math.min(1, part / whole);
  return { value: `${number.format(part)} of ${number.format(whole)}`, share };
}
