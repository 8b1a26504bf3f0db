import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import type { Room } from "#gen/veza/chat/v1/room_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Area } from "../ui/area.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { SelectField } from "../ui/select-field.tsx";
import { useForm } from "../ui/use-form.ts";
import { blockedWordsFrom } from "./blocked-words.ts";
import { RoomFields } from "./room-fields.tsx";
import { slowModeOptions } from "./slow-mode.ts";

/** What admins decide about a room. */
export function RoomSettingsDialog({ room, onClose }: { readonly room: Room; readonly onClose: () => void }) {
  const { clients, rooms } = useWorkspace();
  const slowModeMs = room.slowMode === undefined ? 0 : durationMs(room.slowMode);
  const [slowMode, setSlowMode] = useState(slowModeMs);
  const [words, setWords] = useState<string>();

  // What blocked words there are is told with the room itself, not with its events.
  const known = words ?? room.blockedWords.join("\n");

  const form = useForm(async (values) => {
    const blockedWords = blockedWordsFrom(known);
    const changed = await clients.chat.updateRoom({
      roomId: room.id,
      name: values.get("name").trim(),
      topic: values.get("topic").trim(),
      description: values.get("description").trim(),
      slowMode: durationFromMs(slowMode),
      ...(blockedWords.length > 0 ? { blockedWords } : { clearBlockedWords: true }),
    });
    if (changed.room !== undefined) rooms.put(changed.room);
    onClose();
  });

  return (
    <FormDialog title="Room settings" form={form} verb="Save" onClose={onClose}>
      <RoomFields form={form} room={room} />
      <Field
        label="Topic (optional)"
        name="topic"
        hint="What is talked about now. Shown under the name."
        defaultValue={room.topic}
        maxlength={250}
        autocomplete="off"
        error={form.errorOf("topic")}
      />
      <SelectField
        label="Slow mode (time between two messages)"
        value={slowMode}
        options={slowModeOptions(slowModeMs)}
        onChange={setSlowMode}
      />
      <Area
        label="Blocked words (one on each line)"
        value={known}
        spellcheck={false}
        onInput={(event) => setWords(event.currentTarget.value)}
        error={form.errorOf("blocked_words")}
      />
    </FormDialog>
  );
}
