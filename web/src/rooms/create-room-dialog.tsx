import { useState } from "preact/hooks";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Choice } from "../ui/choice.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { useForm } from "../ui/use-form.ts";
import { useRequestId } from "../ui/use-request-id.ts";
import { RoomFields } from "./room-fields.tsx";

type Kind = "public" | "private";

const KINDS = [
  { value: "public", label: "Public", hint: "Anyone here can find it, read it and join." },
  { value: "private", label: "Private", hint: "Members only. Others join with an invite link." },
] as const;

export function CreateRoomDialog({ onClose }: { readonly onClose: () => void }) {
  const { rooms } = useWorkspace();
  const [kind, setKind] = useState<Kind>("public");
  const requestIdOf = useRequestId();

  const form = useForm(async (values) => {
    const name = values.get("name").trim();
    const description = values.get("description").trim();
    const type = kind === "public" ? RoomType.PUBLIC : RoomType.PRIVATE;
    const requestId = requestIdOf([name, description, kind]);
    const room = await rooms.create({ name, description, type, requestId });
    onClose();
    navigate(paths.room(room.id));
  });

  return (
    <FormDialog title="Create a room" form={form} verb="Create room" onClose={onClose}>
      <RoomFields form={form} />
      <Choice legend="Who can join" value={kind} options={KINDS} onChange={setKind} />
    </FormDialog>
  );
}
