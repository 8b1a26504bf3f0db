import type { Room } from "#gen/veza/chat/v1/room_pb.ts";
import { Area } from "../ui/area.tsx";
import { Field } from "../ui/field.tsx";
import type { Form } from "../ui/use-form.ts";

/** What a room is about, in a new room's form and in an old one's. */
export function RoomFields({ form, room }: { readonly form: Form; readonly room?: Room }) {
  return (
    <>
      <Field
        label="Name"
        name="name"
        placeholder="What do you want to talk about?"
        defaultValue={room?.name ?? ""}
        maxlength={100}
        required
        pattern=".*\S.*"
        autocomplete="off"
        autofocus
        error={form.errorOf("name")}
      />
      <Area
        label="Description (optional)"
        name="description"
        defaultValue={room?.description ?? ""}
        maxlength={1000}
        error={form.errorOf("description")}
      />
    </>
  );
}
