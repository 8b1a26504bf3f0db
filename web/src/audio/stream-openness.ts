import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";

export type StreamOpenness = "public" | "unlisted" | "private";

export const VISIBILITIES = [
  { value: "public", label: "Everyone", hint: "Listed; no account needed." },
  { value: "unlisted", label: "With the link", hint: "Anyone signed in who has it." },
  { value: "private", label: "Members", hint: "Those of its chat room." },
] as const;

export function visibilityOf(openness: StreamOpenness): StreamVisibility {
  return OPENNESS[openness];
}

export function opennessOf(visibility: StreamVisibility): StreamOpenness {
  if (visibility === StreamVisibility.PRIVATE) return "private";
  return visibility === StreamVisibility.UNLISTED ? "unlisted" : "public";
}

const OPENNESS: Record<StreamOpenness, StreamVisibility> = {
  public: StreamVisibility.PUBLIC,
  unlisted: StreamVisibility.UNLISTED,
  private: StreamVisibility.PRIVATE,
};
