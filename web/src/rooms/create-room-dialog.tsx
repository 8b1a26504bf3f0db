import { useRef, useState } from "preact/hooks";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { newRequestId } from "../text/request-id.ts";
import { Area } from "../ui/area.tsx";
import { Button } from "../ui/button.tsx";
import { Choice } from "../ui/choice.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { useForm } from "../ui/use-form.ts";

type Kind = "public" | "private";

const KINDS = [
  { value: "public", label: "Public", hint: "Anyone here can find it, read it and join." },
  { value: "private", label: "Private", hint: "Members only. Others join with an invite link." },
] as const;

export function CreateRoomDialog({ onClose }: { readonly onClose: () => void }) {
  const { rooms } = useWorkspace();
  const [kind, setKind] = useState<Kind>("public");
  const attempt = useRef({ content: "", requestId: "" });

  const form = useForm(async (values) => {
    const name = values.get("name").trim();
    const description = values.get("description").trim();
    const content = JSON.stringify([name, description, kind]);
    // The same wish keeps its id, so that a second try after a lost answer makes no second room.
    if (attempt.current.content !== content) attempt.current = { content, requestId: newRequestId() };
    const room = await rooms.create({
      name,
      description,
      type: kind === "public" ? RoomType.PUBLIC : RoomType.PRIVATE,
      requestId: attempt.current.requestId,
    });
    onClose();
    navigate(paths.room(room.id));
  });

  return (
    <Dialog title="Create a room" onClose={onClose}>
      <form class="stack" onSubmit={form.submit}>
        <Field
          label="Name"
          name="name"
          placeholder="What do you want to talk about?"
          maxlength={100}
          required
          pattern=".*\S.*"
          autocomplete="off"
          autofocus
          error={form.errorOf("name")}
        />
        <Area label="Description (optional)" name="description" maxlength={1000} error={form.errorOf("description")} />
        <Choice legend="Who can join" value={kind} options={KINDS} onChange={setKind} />
        <p class="form-problem" role="alert">
          {form.problem}
        </p>
        <div class="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={form.isBusy}>
            Create room
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
