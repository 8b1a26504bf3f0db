import { useEffect, useState } from "preact/hooks";
import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { isTransient, type Problem, problemOf } from "../../../src/client/index.ts";
import { Link } from "../app/link.tsx";
import { paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { MessageText } from "../messages/message-text.tsx";
import { sentenceOfProblem } from "../text/sentences.ts";
import { trackText } from "../text/streams.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Icon } from "../ui/icon.tsx";
import { RecordingList } from "./recording-list.tsx";
import { StreamChat } from "./stream-chat.tsx";
import { StreamHeader } from "./stream-header.tsx";
import { StreamPlayer } from "./stream-player.tsx";
import { StreamSkeleton } from "./stream-skeleton.tsx";
import { StreamStatistics } from "./stream-statistics.tsx";
import { Studio } from "./studio.tsx";

/** How often it is asked how a stream stands, while somebody looks. */
const LOOK_EVERY_MS = 4_000;

export function StreamPage({ streamId }: { readonly streamId: string }) {
  const { streams, sound } = useWorkspace();
  const stream = streams.get(streamId);
  const [problem, setProblem] = useState<Problem>();
  const listening = sound.heard.value?.streamId === streamId ? sound.heard.value.status.value.kind : undefined;

  const look = () =>
    streams.refresh(streamId).then(
      () => setProblem(undefined),
      (thrown: unknown) => setProblem(problemOf(thrown)),
    );
  // Asked rather than followed: a browser has few connections to one server, and sound and chat keep some of them.
  useEffect(() => {
    const lookIfSeen = () => void (document.visibilityState === "visible" && look());
    lookIfSeen();
    const timer = setInterval(lookIfSeen, LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", lookIfSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", lookIfSeen);
    };
  }, [streamId]);
  // Whoever listens is told of much as it happens.
  useEffect(() => {
    if (listening === "playing" || listening === "paused" || listening === "gathering") void look();
  }, [listening]);

  const isGone = problem !== undefined && !isTransient(problem);
  if (problem !== undefined && (stream === undefined || isGone)) {
    return <StreamUnavailable problem={problem} onRetry={() => void look()} />;
  }
  return stream === undefined ? <StreamSkeleton /> : <OpenStream stream={stream} />;
}

function OpenStream({ stream }: { readonly stream: Stream }) {
  const { account } = useWorkspace();
  const [showsChat, setShowsChat] = useState(() => matchMedia("(min-width: 68rem)").matches);
  const { roomId } = stream;
  const isMine = stream.streamerId === account.userId;
  const track = trackText(stream.metadata);
  return (
    <div class={showsChat && roomId !== undefined ? "stream stream-with-chat" : "stream"}>
      <StreamHeader
        stream={stream}
        showsChat={roomId === undefined ? undefined : showsChat}
        onToggleChat={() => setShowsChat(!showsChat)}
      />
      <div class="stage">
        <StreamPlayer stream={stream} />
        {track !== "" && (
          <p class="track">
            <Icon name="music" />
            <span>
              <span class="hidden">Playing: </span>
              {track}
            </span>
          </p>
        )}
        {stream.error !== "" && <p class="stage-text">{stream.error}</p>}
        {stream.description !== "" && (
          <div class="stage-text">
            <MessageText content={stream.description} note={undefined} />
          </div>
        )}
        {isMine && <Studio stream={stream} />}
        <RecordingList stream={stream} />
        {isMine && <StreamStatistics stream={stream} />}
      </div>
      {showsChat && roomId !== undefined && <StreamChat roomId={roomId} />}
    </div>
  );
}

function StreamUnavailable({ problem, onRetry }: { readonly problem: Problem; readonly onRetry: () => void }) {
  const isHidden = problem.reason === "STREAM_NOT_FOUND";
  return (
    <Empty
      isPage
      icon="radio"
      title={isHidden ? "This stream is not open to you" : "This cannot be shown right now"}
      text={isHidden ? "It was deleted, or it is private." : sentenceOfProblem(problem)}
    >
      {isTransient(problem) ? (
        <Button kind="primary" onClick={onRetry}>
          Try again
        </Button>
      ) : (
        <Link to={paths.streams} class="button button-primary">
          See what is on air
        </Link>
      )}
    </Empty>
  );
}
