import type { ListenStatus } from "../../../src/client/browser.ts";
import { Link } from "../app/link.tsx";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { IconButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

/** What is heard and sent in this tab, wherever one is. */
export function SoundBar() {
  const { sound, streams } = useWorkspace();
  const heard = sound.heard.value;
  const aired = sound.aired.value;
  if (heard === undefined && aired === undefined) return null;
  return (
    <section class="sound-bar" aria-label="Sound in this tab">
      {aired !== undefined && (
        <div class="sound-item">
          <Icon name={aired.isMuted.value ? "muted" : "microphone"} />
          <Link to={paths.stream(aired.streamId)} class="sound-words">
            <b>{streams.get(aired.streamId)?.title ?? "Your stream"}</b>
            <span>{aired.isMuted.value ? "You are on air, muted" : "You are on air"}</span>
          </Link>
        </div>
      )}
      {heard !== undefined && (
        <div class="sound-item">
          <Icon name="headphones" />
          <Link to={paths.stream(heard.streamId)} class="sound-words">
            <b>{streams.get(heard.streamId)?.title ?? "A stream"}</b>
            <span>{listenWords(heard.status.value)}</span>
          </Link>
          <IconButton icon="stop" label="Stop listening" onClick={sound.stopListening} />
        </div>
      )}
    </section>
  );
}

/** How listening goes, in a few words. */
export function listenWords(status: ListenStatus): string {
  return WORDS[status.kind];
}

const WORDS: Record<ListenStatus["kind"], string> = {
  connecting: "Connecting…",
  gathering: "Waiting for sound…",
  playing: "Playing",
  paused: "Paused by the streamer",
  waiting: "The connection is lost. Reconnecting…",
  blocked: "The browser waits for a click",
  over: "Stopped",
};
