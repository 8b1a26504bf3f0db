import type { InstanceId, StreamId } from "../../platform/ids.ts";
import type { Call } from "../instance-calls.ts";
import type { HomeState } from "./maker.ts";
import type { Relayed } from "./sound-frames.ts";

/** All that an instance relays of a stream from now on, which it says again and again. */
export interface Wants {
  readonly streamId: StreamId;
  readonly instance: InstanceId;
  readonly wants: readonly {
    readonly what: Relayed;
    /** How much of what was sent before is to come along, in milliseconds; absent when it is relayed already. */
    readonly backfillMs?: number;
  }[];
}

/** The answer comes with the sound that was asked for as backfill: a piece for each such want, in their order, maybe empty. */
export const want: Call<Wants, HomeState> = { name: "want" };
