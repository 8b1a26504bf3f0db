import type { Socket } from "node:net";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { AudioQuality } from "../../gen/veza/stream/v1/audio_pb.ts";
import {
  ListenRequestSchema,
  PublishAudioRequestSchema,
  StreamService,
} from "../../gen/veza/stream/v1/stream_service_pb.ts";
import { connected, leave, requestBlocks } from "./h2-connection.ts";
import { flag, frameReader, frameType, h2Frame, h2Opening } from "./h2-frames.ts";
import { framed, grpcHeaders } from "./unary-call.ts";

export const listenPath = `/${StreamService.typeName}/Listen`;
const publishPath = `/${StreamService.typeName}/PublishAudio`;

export function listenBody(streamId: string, preferredQuality: AudioQuality): Buffer {
  return framed(toBinary(ListenRequestSchema, create(ListenRequestSchema, { streamId, preferredQuality })));
}

type Frame = NonNullable<MessageInitShape<typeof PublishAudioRequestSchema>["frame"]>;

/** A broadcast of packets of Opus by PublishAudio. */
export interface Publisher {
  /** One packet of 20 ms, at once. */
  send(sequence: number, data: Uint8Array): void;
  leave(): void;
}

/** Begins a broadcast over gRPC, by a client that does not look at what it is answered unless it is the end. */
export async function publishAudio(
  needs: { port: number; token: string; streamId: string },
  onOver: (error: Error) => void,
): Promise<Publisher> {
  const socket: Socket = await connected(needs.port);
  const endpoint = { port: needs.port, path: publishPath, headers: grpcHeaders(needs.token) };
  const read = frameReader({
    reply: (bytes) => void socket.write(bytes),
    onFrame(type, flags) {
      const isEnd = (type === frameType.data || type === frameType.headers) && (flags & flag.endStream) !== 0;
      if (isEnd || type === frameType.reset) onOver(new Error("the server ended the broadcast"));
    },
  });
  socket.on("data", read);
  socket.on("error", onOver);
  socket.on("close", () => onOver(new Error("the server closed the connection of the broadcast")));

  const message = (frame: Frame) =>
    h2Frame(
      frameType.data,
      0,
      1,
      framed(toBinary(PublishAudioRequestSchema, create(PublishAudioRequestSchema, { frame }))),
    );
  socket.write(
    Buffer.concat([
      h2Opening(),
      h2Frame(frameType.headers, flag.endHeaders, 1, requestBlocks(endpoint).first),
      message({ case: "open", value: { streamId: needs.streamId, codec: "opus", sampleRate: 48_000, channels: 2 } }),
    ]),
  );
  return {
    send(sequence, data) {
      const pts = BigInt(sequence * 960);
      const packet = { sequence: BigInt(sequence), pts, duration: 960, data };
      socket.write(message({ case: "packets", value: { packets: [packet] } }));
    },
    leave: () => leave(socket),
  };
}
