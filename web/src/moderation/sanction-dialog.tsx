import { type Duration, durationFromMs } from "@bufbuild/protobuf/wkt";
import { useState } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { SelectField } from "../ui/select-field.tsx";
import { note } from "../ui/toasts.ts";
import { useForm } from "../ui/use-form.ts";

export type SanctionVerb = "mute" | "kick" | "ban";

interface SanctionDialogProps {
  readonly verb: SanctionVerb;
  readonly roomId: string;
  readonly userId: string;
  readonly username: string;
  readonly onClose: () => void;
}

const MINUTE_MS = 60_000;
const FOR_GOOD = 0;

const DURATIONS = [
  { value: 10 * MINUTE_MS, label: "10 minutes" },
  { value: 60 * MINUTE_MS, label: "1 hour" },
  { value: 24 * 60 * MINUTE_MS, label: "1 day" },
  { value: 7 * 24 * 60 * MINUTE_MS, label: "1 week" },
  { value: 30 * 24 * 60 * MINUTE_MS, label: "30 days" },
  { value: FOR_GOOD, label: "For good" },
] as const;

const WORDS = {
  mute: { title: "Mute", verb: "Mute", text: "can read, and not write, until it is over.", done: "is muted." },
  kick: { title: "Remove", verb: "Remove", text: "leaves the room, and may join again.", done: "was removed." },
  ban: {
    title: "Ban",
    verb: "Ban",
    text: "leaves the room and cannot come back until it is over.",
    done: "is banned.",
  },
} as const;

/** Asks how long and why before somebody is muted, removed or banned. */
export function SanctionDialog({ verb, roomId, userId, username, onClose }: SanctionDialogProps) {
  const { clients } = useWorkspace();
  const [ms, setMs] = useState<number>(verb === "mute" ? DURATIONS[1].value : DURATIONS[3].value);
  const words = WORDS[verb];

  const form = useForm(async (values) => {
    const reason = values.get("reason").trim();
    const length: { duration?: Duration } = ms === FOR_GOOD ? {} : { duration: durationFromMs(ms) };
    const who = { roomId, userId, reason };
    if (verb === "mute") await clients.chat.muteUser({ ...who, ...length });
    else if (verb === "ban") await clients.chat.banUser({ ...who, ...length });
    else await clients.chat.kickUser(who);
    note(`${username} ${words.done}`);
    onClose();
  });

  return (
    <FormDialog title={`${words.title} ${username}?`} form={form} verb={words.verb} kind="danger" onClose={onClose}>
      <p>
        {username} {words.text}
      </p>
      {verb !== "kick" && <SelectField label="How long" value={ms} options={DURATIONS} onChange={setMs} />}
      <Field
        label="Reason (optional)"
        name="reason"
        hint="Whoever reads the room sees it."
        maxlength={512}
        autocomplete="off"
        error={form.errorOf("reason")}
      />
    </FormDialog>
  );
}
