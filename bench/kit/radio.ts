import { StreamVisibility } from "../../gen/veza/stream/v1/stream_pb.ts";
import { limits } from "../../src/platform/limits.ts";
import { icecastSource } from "../../tests/kit/icecast-source.ts";
import { startIcecast } from "./icecast-server.ts";
import { mp3FrameMs, mp3Of } from "./music.ts";
import { startOwnApp } from "./own-app.ts";

/** A server that a source sends MP3 to, at 128 kbit/s and the pace of the sound, for whoever asks for `path`. */
export interface Radio {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** Microseconds of CPU, user and system, since it started. */
  cpu(): Promise<number>;
}

const bytesPerMs = 16;

/** Veza, and icecast2 where it is installed, each with the same source and as much sound for whoever comes. */
export async function startRadios(stack: AsyncDisposableStack, wanted: (name: string) => boolean): Promise<Radio[]> {
  const frames = await mp3Of(10);
  const radios: Radio[] = [];

  async function onAir(radio: Radio, path: string, key: string): Promise<void> {
    const source = icecastSource(`http://127.0.0.1:${radio.port}`, { method: "SOURCE", path, key });
    await source.says("200 OK");
    const startedAt = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.floor((performance.now() - startedAt) / mp3FrameMs);
      if (due > sent) source.send(Buffer.concat(Array.from({ length: due - sent }, (_, at) => frameAt(sent + at))));
      sent = Math.max(sent, due);
    }, 10);
    void source.closed.then(() => {
      clearInterval(timer);
      if (!isOver) throw new Error(`${radio.name} let its source go and said ${source.said()}`);
    });
    stack.defer(() => {
      isOver = true;
      clearInterval(timer);
      source.drop();
    });
    radios.push(radio);
  }
  let isOver = false;
  const frameAt = (number: number) => frames[number % frames.length] as Buffer;

  if (wanted("veza")) {
    const { child, people } = await startOwnApp(stack, { people: 1 });
    const created = await people[0]?.stream.createStream({ title: "Bench", visibility: StreamVisibility.PUBLIC });
    const id = created?.stream?.id ?? "";
    const port = Number(new URL(String(child.ready.gateway)).port);
    const radio = { name: "veza", port, path: `/listen/${id}.mp3`, cpu: () => child.cpu() };
    await onAir(radio, `/live/${id}`, created?.streamKey ?? "");
  }
  if (wanted("icecast2")) {
    const icecast = await startIcecast(stack, { burstBytes: limits.live.burstMs * bytesPerMs });
    if (icecast !== undefined) {
      const radio = { name: "icecast2", port: icecast.port, path: "/bench.mp3", cpu: async () => icecast.cpu() };
      await onAir(radio, radio.path, icecast.password);
    }
  }
  // Who comes now finds as much sound as there is to burst.
  await new Promise((resolve) => setTimeout(resolve, limits.live.burstMs + 500));
  return radios;
}
