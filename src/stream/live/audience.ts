import type { OnAirStream, Rendition } from "../live-port.ts";

/** Someone who hears a stream. */
export interface Audience {
  readonly via: "rpc" | "http" | "recording";
  /** What they get right now; undefined while they get nothing. */
  readonly quality: Rendition | undefined;
  /** How full their player's buffer is, from 0 to 1; undefined when they have not said so lately. */
  readonly bufferHealth: number | undefined;
  /** Time passes: what has not been sent yet may be sent. Called every 100 ms. */
  tick(now: number): void;
  paused(): void;
  resumed(): void;
  /** The stream's title, metadata or default quality changed. */
  updated(stream: OnAirStream): void;
  /** What can be heard has changed: a source came, went, or is of another kind. */
  soundChanged(): void;
  /** The stream is over. */
  ended(): void;
}
