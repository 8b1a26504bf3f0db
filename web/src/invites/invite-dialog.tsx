import { type Duration, durationFromMs } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import type { Invite, Room } from "#gen/veza/chat/v1/room_pb.ts";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { CopyField } from "../ui/copy-field.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { SelectField } from "../ui/select-field.tsx";
import { useAction } from "../ui/use-action.ts";
import { usePages } from "../ui/use-pages.ts";
import { InviteList } from "./invite-list.tsx";

const DAY_MS = 86_400_000;
const FOR_EVER = 0;
const ANY_NUMBER = 0;

const LENGTHS = [
  { value: DAY_MS / 24, label: "1 hour" },
  { value: DAY_MS, label: "1 day" },
  { value: 7 * DAY_MS, label: "7 days" },
  { value: 30 * DAY_MS, label: "30 days" },
  { value: FOR_EVER, label: "Until it is revoked" },
] as const;

const USES = [
  { value: ANY_NUMBER, label: "Anybody" },
  { value: 1, label: "One person" },
  { value: 10, label: "10 people" },
  { value: 100, label: "100 people" },
] as const;

/** Makes links that open the room to whoever follows them, and shows those that still do. */
export function InviteDialog({ room, onClose }: { readonly room: Room; readonly onClose: () => void }) {
  const { clients } = useWorkspace();
  const [ms, setMs] = useState<number>(7 * DAY_MS);
  const [maxUses, setMaxUses] = useState<number>(ANY_NUMBER);
  const [made, setMade] = useState<Invite>();
  const invites = usePages(
    async (pageToken) => {
      const page = await clients.chat.listInvites({ roomId: room.id, pageSize: 20, pageToken });
      return { items: page.invites, nextPageToken: page.nextPageToken };
    },
    [room.id],
  );

  const [create, isBusy] = useAction(async () => {
    const length: { validFor?: Duration } = ms === FOR_EVER ? {} : { validFor: durationFromMs(ms) };
    const { invite } = await clients.chat.createInvite({ roomId: room.id, maxUses, ...length });
    if (invite === undefined) return;
    setMade(invite);
    invites.change((items) => [invite, ...items]);
  });

  return (
    <Dialog title={`Invite people to “${room.name}”`} onClose={onClose}>
      <p>Whoever has the link can join. They need an account here.</p>
      {made === undefined ? (
        <>
          <div class="pair">
            <SelectField label="Works for" value={ms} options={LENGTHS} onChange={setMs} />
            <SelectField label="For how many" value={maxUses} options={USES} onChange={setMaxUses} />
          </div>
          <Button kind="primary" isWide isBusy={isBusy} onClick={() => void create()}>
            Make an invite link
          </Button>
        </>
      ) : (
        <>
          <CopyField label="Invite link" value={location.origin + paths.invite(room.id, made.code)} />
          <Button onClick={() => setMade(undefined)}>Make another one</Button>
        </>
      )}
      <InviteList invites={invites} />
      <div class="dialog-actions">
        <Button onClick={onClose}>Done</Button>
      </div>
    </Dialog>
  );
}
