import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { isOnAir, statusText } from "../text/streams.ts";

/** How a stream stands, in a word with a dot. */
export function StreamMark({ stream }: { readonly stream: Stream }) {
  const kind = !isOnAir(stream) ? "off" : stream.hasSource ? "on" : "waiting";
  return (
    <span class={`air air-${kind}`}>
      <span class="air-dot" aria-hidden="true" />
      {statusText(stream)}
    </span>
  );
}
