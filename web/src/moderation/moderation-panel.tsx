import { useState } from "preact/hooks";
import type { Room } from "#gen/veza/chat/v1/room_pb.ts";
import { PanelFrame } from "../panel/panel-frame.tsx";
import { Choice } from "../ui/choice.tsx";
import { ModerationLog } from "./moderation-log.tsx";
import { ReportList } from "./report-list.tsx";
import { SanctionList } from "./sanction-list.tsx";

const VIEWS = [
  { value: "reports", label: "Reports" },
  { value: "sanctions", label: "Sanctions" },
  { value: "log", label: "Log" },
] as const;

type View = (typeof VIEWS)[number]["value"];

/** What moderators of a room look after. */
export function ModerationPanel({ room }: { readonly room: Room }) {
  const [view, setView] = useState<View>("reports");
  return (
    <PanelFrame
      title="Moderation"
      head={
        <div class="panel-tabs">
          <Choice legend="Show" isQuiet isNarrow value={view} options={VIEWS} onChange={setView} />
        </div>
      }
    >
      {view === "reports" && <ReportList roomId={room.id} />}
      {view === "sanctions" && <SanctionList roomId={room.id} />}
      {view === "log" && <ModerationLog roomId={room.id} />}
    </PanelFrame>
  );
}
