import { useEffect, useState } from "preact/hooks";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Avatar } from "../ui/avatar.tsx";
import { StatusDialog } from "./status-dialog.tsx";
import { STATUSES, statusName } from "./statuses.ts";

/** The person, as others see them. A press changes how. */
export function OwnStatus() {
  const { account, presence } = useWorkspace();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => presence.want([account.userId]), []);
  const { status, statusText } = presence.mine;
  const label = STATUSES.find((each) => each.status === (status || PresenceStatus.ONLINE))?.label;
  return (
    <>
      <button type="button" class="own-status" title="Change your status" onClick={() => setOpen(true)}>
        <Avatar userId={account.userId} username={account.username} size="small" status={statusName(status)} />
        <span class="row-words">
          <span class="row-name">{account.username}</span>
          <span class="row-note">
            <span class="hidden">, your status: </span>
            {statusText || label}
          </span>
        </span>
      </button>
      {isOpen && <StatusDialog onClose={() => setOpen(false)} />}
    </>
  );
}
