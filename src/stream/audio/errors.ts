/**
 * Why a source cannot be read on. `not_audio`: no sign of the format in what was sent. `unsupported_codec`: the container
 * is fine, what is in it is not Opus. `unsupported_channels`: more than two. `damaged`: too much garbage in a row.
 */
export type AudioFault = "not_audio" | "unsupported_codec" | "unsupported_channels" | "damaged";

/** A source that cannot be read on. Its reader throws the same again when it is given more. */
export class AudioFormatError extends Error {
  override readonly name = "AudioFormatError";
  readonly fault: AudioFault;

  constructor(fault: AudioFault, message: string) {
    super(message);
    this.fault = fault;
  }
}
