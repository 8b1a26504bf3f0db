/** Elements of Matroska and WebM (RFC 9559 §5) that are read, entered or written here. */
export const id = {
  ebml: 0x1a45_dfa3,
  segment: 0x1853_8067,
  info: 0x1549_a966,
  timestampScale: 0x2a_d7b1,
  segmentTitle: 0x7ba9,
  tracks: 0x1654_ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  codecDelay: 0x56aa,
  seekPreRoll: 0x56bb,
  contentEncodings: 0x6d80,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  cluster: 0x1f43_b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  tags: 0x1254_c367,
  tag: 0x7373,
  simpleTag: 0x67c8,
  tagName: 0x45a3,
  tagString: 0x4487,
} as const;

/** Elements that may stand beside those and say nothing that is needed. Any other means that the place in the file was lost. */
export const passedOver: ReadonlySet<number> = new Set([
  0xec, // Void
  0xbf, // CRC-32
  0x114d_9b74, // SeekHead
  0x1c53_bb6b, // Cues
  0x1043_a770, // Chapters
  0x1941_a469, // Attachments
  0xab, // PrevSize
  0xa7, // Position
  0x5854, // SilentTracks
  0x9b, // BlockDuration
  0xfb, // ReferenceBlock
  0xfa, // ReferencePriority
  0x75a1, // BlockAdditions
  0x75a2, // DiscardPadding
  0xa4, // CodecState
  0x8e, // Slices
  0xaf, // EncryptedBlock
]);
