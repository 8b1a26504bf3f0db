import { useEffect, useRef, useState } from "preact/hooks";
import { type Recording, RecordingStatus } from "#gen/veza/stream/v1/recording_pb.ts";
import { type Stream, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { longTime, playingTime, secondsOf } from "../text/durations.ts";
import { sizeText } from "../text/sizes.ts";
import { dateOf, shortText } from "../text/times.ts";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { complain, note } from "../ui/toasts.ts";
import { useAction } from "../ui/use-action.ts";
import { Waveform } from "./waveform.tsx";

const PAGE = 20;
/** While one is being made or closed, it is looked after this often. */
const LOOK_EVERY_MS = 3_000;
/** Otherwise: one that was made between two looks at the stream is found too. */
const LOOK_SELDOM_MS = 10_000;

/** What was kept of a stream. */
export function RecordingList({ stream }: { readonly stream: Stream }) {
  const { clients, account } = useWorkspace();
  const [recordings, setRecordings] = useState<readonly Recording[]>();
  const [nextPage, setNextPage] = useState("");
  const [playing, setPlaying] = useState<string>();
  const isMine = stream.streamerId === account.userId;
  const isMaking = stream.isRecording || recordings?.some((each) => !isOver(each)) === true;

  async function read(pageToken: string): Promise<void> {
    const page = await clients.stream.getRecordings({ streamId: stream.id, pageSize: PAGE, pageToken });
    setRecordings((before = []) => (pageToken === "" ? page.recordings : [...before, ...page.recordings]));
    setNextPage(page.nextPageToken);
  }
  const [readMore, isBusy] = useAction(() => read(nextPage));

  // A recording that has begun or ended, a broadcast that is over.
  useEffect(() => {
    read("").catch((thrown) => {
      setRecordings([]);
      complain(thrown);
    });
  }, [stream.id, stream.isRecording, stream.status]);
  // Whoever has gone back to older ones keeps them.
  const isFirstPage = (recordings?.length ?? 0) <= PAGE;
  useEffect(() => {
    if (!isMaking && !isFirstPage) return;
    const lookIfSeen = () => void (document.visibilityState === "visible" && read("").catch(() => {}));
    const timer = setInterval(lookIfSeen, isMaking ? LOOK_EVERY_MS : LOOK_SELDOM_MS);
    return () => clearInterval(timer);
  }, [isMaking, isFirstPage, stream.id]);

  return (
    <section class="stage-section" aria-labelledby="recordings-title">
      <h2 id="recordings-title">Recordings</h2>
      {recordings === undefined ? (
        <Skeleton label="Loading recordings" kind="rows" count={2} />
      ) : recordings.length === 0 ? (
        <p class="stage-text">
          {isMine ? "None yet. Start a recording while you are on air, and it is kept here." : "None yet."}
        </p>
      ) : (
        <ul class="recordings">
          {recordings.map((recording) => (
            <RecordingRow
              key={recording.id}
              recording={recording}
              isOpen={stream.visibility === StreamVisibility.PUBLIC}
              isMine={isMine}
              isCurrent={playing === recording.id}
              onPlay={() => setPlaying(recording.id)}
              onDeleted={() => setRecordings((before) => before?.filter(({ id }) => id !== recording.id))}
            />
          ))}
        </ul>
      )}
      {nextPage !== "" && (
        <button type="button" class="text-button" aria-busy={isBusy} onClick={() => void readMore()}>
          {isBusy ? "Loading…" : "Show older recordings"}
        </button>
      )}
    </section>
  );
}

interface RecordingRowProps {
  readonly recording: Recording;
  /** Anyone may hear it: its address needs no token. */
  readonly isOpen: boolean;
  readonly isMine: boolean;
  /** It is the one that plays, if one does. */
  readonly isCurrent: boolean;
  readonly onPlay: () => void;
  readonly onDeleted: () => void;
}

function RecordingRow({ recording, isOpen, isMine, isCurrent, onPlay, onDeleted }: RecordingRowProps) {
  const { clients, sound, accessToken } = useWorkspace();
  const { id, title, status, fileSize, peaks, startedAt, error } = recording;
  const [isAsking, setAsking] = useState(false);
  const player = useRecording(async () => addressOf(id, isOpen ? undefined : await accessToken()));
  const duration = player.duration || secondsOf(recording.duration);
  const name = title || shortText(dateOf(startedAt));
  const canPlay = status === RecordingStatus.COMPLETED || (status === RecordingStatus.FAILED && fileSize > 0n);

  useEffect(() => {
    if (!isCurrent) player.pause();
  }, [isCurrent]);

  function play(): void {
    // Two at once are noise.
    sound.stopListening();
    onPlay();
    player.play();
  }

  async function download(): Promise<void> {
    const link = document.createElement("a");
    link.href = addressOf(id, isOpen ? undefined : await accessToken());
    link.download = "";
    link.click();
  }

  return (
    <li class="recording">
      <div class="recording-row">
        {canPlay && (
          <IconButton
            icon={player.isPlaying ? "pause" : "play"}
            kind="primary"
            label={player.isPlaying ? `Pause ${name}` : `Play ${name}`}
            onClick={() => (player.isPlaying ? player.pause() : play())}
          />
        )}
        <div class="recording-words">
          <b>{name}</b>
          <span>
            {STATUS_WORDS[status] ?? shortText(dateOf(startedAt))}
            {` · ${longTime(secondsOf(recording.duration))} · ${sizeText(fileSize)}`}
          </span>
        </div>
        {canPlay && (
          <IconButton icon="download" label={`Download ${name}`} onClick={() => void download().catch(complain)} />
        )}
        {isMine && isOver(recording) && (
          <IconButton icon="bin" label={`Delete ${name}`} onClick={() => setAsking(true)} />
        )}
        {status === RecordingStatus.RECORDING && <Icon name="record" />}
      </div>
      {error !== "" && <p class="stage-text">{error}</p>}
      {canPlay && (
        <div class="recording-row">
          <Waveform
            label={`Position in ${name}`}
            peaks={peaks}
            position={player.position}
            duration={duration}
            onSeek={(position) => {
              if (!player.isPlaying) play();
              player.seek(position);
            }}
          />
          <span class="recording-time">
            {playingTime(player.position)} / {playingTime(duration)}
          </span>
        </div>
      )}
      {isAsking && (
        <ConfirmDialog
          title={`Delete “${name}”?`}
          text="The recording and its file are gone for everybody."
          verb="Delete"
          onConfirm={async () => {
            player.pause();
            await clients.stream.deleteRecording({ recordingId: id });
            onDeleted();
            note("The recording was deleted.");
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

function isOver({ status }: Recording): boolean {
  return status === RecordingStatus.COMPLETED || status === RecordingStatus.FAILED;
}

const STATUS_WORDS: Partial<Record<RecordingStatus, string>> = {
  [RecordingStatus.RECORDING]: "Recording now",
  [RecordingStatus.PROCESSING]: "Being closed",
  [RecordingStatus.FAILED]: "Incomplete",
};

/** At the gateway that the page came from, whatever address others use. */
function addressOf(recordingId: string, token: string | undefined): string {
  const query = token === undefined ? "" : `?token=${encodeURIComponent(token)}`;
  return `/recordings/${recordingId}${query}`;
}

/** Plays a file that is only fetched once somebody wants to hear it. */
function useRecording(address: () => Promise<string>) {
  const element = useRef<HTMLAudioElement>(undefined);
  const [isPlaying, setPlaying] = useState(false);
  const [position, setPosition] = useState(0);
  const [duration, setDuration] = useState(0);
  const [hasFailedOnce] = useState({ value: false });

  useEffect(() => () => element.current?.pause(), []);

  function make(): HTMLAudioElement {
    const audio = new Audio();
    audio.addEventListener("timeupdate", () => setPosition(audio.currentTime));
    audio.addEventListener("durationchange", () => setDuration(Number.isFinite(audio.duration) ? audio.duration : 0));
    for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, () => setPlaying(!audio.paused));
    audio.addEventListener("playing", () => {
      hasFailedOnce.value = false;
    });
    // An address with a token holds for some minutes only: a new one goes on where the old one ended.
    audio.addEventListener("error", () => {
      if (hasFailedOnce.value) {
        setPlaying(false);
        complain(new Error("this recording cannot be played"));
        return;
      }
      hasFailedOnce.value = true;
      void start(audio, audio.currentTime);
    });
    return audio;
  }

  async function start(audio: HTMLAudioElement, at: number): Promise<void> {
    audio.src = await address();
    audio.currentTime = at;
    await audio.play().catch(() => {});
  }

  return {
    isPlaying,
    position,
    duration,
    play(): void {
      if (element.current !== undefined) void element.current.play().catch(() => {});
      else {
        element.current = make();
        void start(element.current, position).catch(complain);
      }
    },
    pause: () => element.current?.pause(),
    seek(to: number): void {
      setPosition(to);
      if (element.current !== undefined) element.current.currentTime = to;
    },
  };
}
