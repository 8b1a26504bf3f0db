import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { Link } from "../app/link.tsx";
import { paths } from "../app/router.ts";
import { counted } from "../text/plural.ts";
import { categoryText, isOnAir, trackText } from "../text/streams.ts";
import { Avatar } from "../ui/avatar.tsx";
import { StreamMark } from "./stream-mark.tsx";

/** A stream among others. */
export function StreamCard({ stream }: { readonly stream: Stream }) {
  const { id, title, streamerId, streamerUsername, listenerCount } = stream;
  const name = streamerUsername || "Deleted account";
  const category = categoryText(stream.category);
  const track = trackText(stream.metadata);
  return (
    <li>
      <Link to={paths.stream(id)} class="card">
        <Avatar userId={streamerId} username={name} />
        <span class="card-words">
          <b>{title}</b>
          <span class="card-line">
            {name}
            {category !== "" && ` · ${category}`}
          </span>
          {isOnAir(stream) && track !== "" && <span class="card-line">{track}</span>}
          <span class="card-line">
            <StreamMark stream={stream} />
            {isOnAir(stream) && ` · ${counted(listenerCount, "listener")}`}
          </span>
        </span>
      </Link>
    </li>
  );
}
