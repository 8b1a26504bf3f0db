import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { useRef, useState } from "preact/hooks";
import type { Room } from "#gen/veza/chat/v1/room_pb.ts";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { useAction } from "../ui/use-action.ts";

const DAY_MS = 86_400_000;

/** Makes a link that opens the room to whoever follows it. */
export function InviteDialog({ room, onClose }: { readonly room: Room; readonly onClose: () => void }) {
  const { clients } = useWorkspace();
  const [link, setLink] = useState<string>();
  const [isCopied, setCopied] = useState(false);
  const frame = useRef<HTMLDivElement>(null);

  const [create, isBusy] = useAction(async () => {
    const { invite } = await clients.chat.createInvite({ roomId: room.id, validFor: durationFromMs(7 * DAY_MS) });
    if (invite !== undefined) setLink(location.origin + paths.invite(room.id, invite.code));
  });

  async function copy(): Promise<void> {
    // Not every browser lets a page on plain HTTP write to the clipboard: then the link is marked, ready for Ctrl+C.
    frame.current?.querySelector("input")?.select();
    await navigator.clipboard?.writeText(link ?? "").then(
      () => setCopied(true),
      () => {},
    );
  }

  return (
    <Dialog title={`Invite people to “${room.name}”`} onClose={onClose}>
      {link === undefined ? (
        <>
          <p>Whoever has the link can join within the next seven days. They need an account here.</p>
          <div class="dialog-actions">
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" isBusy={isBusy} onClick={() => void create()}>
              Make an invite link
            </Button>
          </div>
        </>
      ) : (
        <div class="stack" ref={frame}>
          <Field
            label="Invite link"
            value={link}
            readOnly
            autofocus
            onFocus={(event) => event.currentTarget.select()}
          />
          <div class="dialog-actions">
            <Button onClick={onClose}>Done</Button>
            <Button kind="primary" onClick={() => void copy()}>
              {isCopied ? "Copied" : "Copy link"}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
