export { type AudioFault, AudioFormatError } from "./errors.ts";
export type { Ladder, LadderOptions, LadderPool, LadderPoolOptions, LadderStats } from "./ladder/ladder.ts";
export { createLadderPool } from "./ladder/pool.ts";
export { createPeaks, type Level, levelOf, type Peaks } from "./levels.ts";
export type { Muxer, Piece } from "./muxer.ts";
export { createOggMuxer } from "./ogg/mux.ts";
export { isOpusHead, readOpusHead } from "./opus/head.ts";
export { packetSamples } from "./opus/toc.ts";
export { type AudioPacket, gridSamples, sampleRate } from "./packet.ts";
export {
  bitrates,
  type Codec,
  codecOf,
  type Making,
  type Quality,
  qualities,
  qualityOf,
  type Rendition,
} from "./rendition.ts";
export type { SourceFaults, SourceFormat, SourceSink, SourceTitle, SourceUnit } from "./source.ts";
export {
  type ContainerKind,
  createPacketReader,
  createSourceReader,
  type PacketReader,
  type PublishedPacket,
  type SourceReader,
} from "./source-reader.ts";
export { createWebmMuxer } from "./webm/mux.ts";
