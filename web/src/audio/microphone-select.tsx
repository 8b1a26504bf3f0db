import { useEffect, useState } from "preact/hooks";
import type { AudioInput, InputChoice } from "../../../src/client/browser.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { SelectField } from "../ui/select-field.tsx";
import { complainOfInput } from "./input-problem.ts";

/** Which microphone, and whether it is made fit for a voice. The input takes it over at once. */
export function MicrophoneSelect({ input }: { readonly input: AudioInput }) {
  const { sound } = useWorkspace();
  const audio = sound.audio.value;
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  const [choice, setChoice] = useState<InputChoice>(input.choice);

  useEffect(() => {
    const read = () => void audio?.listMicrophones().then(setDevices, () => {});
    read();
    navigator.mediaDevices.addEventListener("devicechange", read);
    return () => navigator.mediaDevices.removeEventListener("devicechange", read);
  }, [audio, input]);

  if (choice.kind !== "microphone") return null;
  const { deviceId, isVoice } = choice;

  async function choose(next: InputChoice): Promise<void> {
    const before = choice;
    setChoice(next);
    try {
      await input.choose(next);
    } catch (thrown) {
      setChoice(before);
      complainOfInput(thrown);
    }
  }

  return (
    <div class="microphone">
      {devices.length > 1 && (
        <SelectField
          label="Microphone"
          value={deviceId ?? "default"}
          options={devices.map((device, index) => ({
            value: device.deviceId,
            label: device.label || `Microphone ${index + 1}`,
          }))}
          onChange={(next) => void choose({ ...choice, deviceId: next })}
        />
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={isVoice}
          onChange={({ currentTarget }) => void choose({ ...choice, isVoice: currentTarget.checked })}
        />
        <span>
          <b>Clear up my voice</b>
          <span class="hint">Takes out noise and echo. Leave it off for music.</span>
        </span>
      </label>
    </div>
  );
}
