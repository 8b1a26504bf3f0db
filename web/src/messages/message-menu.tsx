import { useState } from "preact/hooks";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { ModerateDialog } from "../moderation/moderate-dialog.tsx";
import { ReportDialog } from "../moderation/report-dialog.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { copyText } from "../ui/copy-text.ts";
import { MenuButton, type MenuItem } from "../ui/menu.tsx";
import { complain } from "../ui/toasts.ts";
import { canModerate, canPin, useSetting } from "./use-place.ts";

/** The rest of what can be done with a message. */
export function MessageMenu({ message, onEdit }: { readonly message: Message; readonly onEdit: () => void }) {
  const { account, messages } = useWorkspace();
  const setting = useSetting();
  const { room, canWrite } = setting;
  const [open, setOpen] = useState<"delete" | "report" | "moderate">();
  const close = () => setOpen(undefined);
  const isOwn = message.senderId === account.userId;
  const isModerator = canModerate(setting);

  const common: MenuItem[] = [
    { label: "Copy text", icon: "file", onSelect: () => void copyText(message.content, "The text is copied.") },
  ];
  if (room !== undefined) {
    const link = location.origin + paths.room(room.id, message.id);
    common.push({ label: "Copy link", icon: "link", onSelect: () => void copyText(link, "The link is copied.") });
  }
  const own: MenuItem[] =
    isOwn && canWrite
      ? [
          { label: "Edit message", icon: "pencil", onSelect: onEdit },
          { label: "Delete message", icon: "bin", isDanger: true, onSelect: () => setOpen("delete") },
        ]
      : [];
  const others: MenuItem[] = [];
  if (canPin(setting)) {
    const verb = message.pinned ? "Unpin" : "Pin for everybody";
    others.push({ label: verb, icon: "pin", onSelect: () => void messages.pin(message).catch(complain) });
  }
  if (!isOwn && isModerator) others.push({ label: "Moderate…", icon: "shield", onSelect: () => setOpen("moderate") });
  if (!isOwn && room?.myRole !== undefined) {
    others.push({ label: "Report…", icon: "flag", onSelect: () => setOpen("report") });
  }

  return (
    <>
      <MenuButton icon="more" label="More actions" groups={[common, others, own]} />
      {open === "delete" && (
        <ConfirmDialog
          title="Delete this message?"
          text="What it says is gone for everybody; that there was a message stays visible."
          verb="Delete"
          onConfirm={() => messages.remove(message)}
          onClose={close}
        />
      )}
      {open === "report" && <ReportDialog message={message} onClose={close} />}
      {open === "moderate" && <ModerateDialog message={message} onClose={close} />}
    </>
  );
}
