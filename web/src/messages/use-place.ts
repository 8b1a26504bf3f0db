import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { MemberRole, type Room } from "#gen/veza/chat/v1/room_pb.ts";
import type { Place } from "./places.ts";

/** Where messages are shown, and what the person may do there. */
export interface Setting {
  readonly place: Place;
  /** Undefined for a conversation that has not begun. */
  readonly roomId: string | undefined;
  /** Undefined for a conversation. */
  readonly room: Room | undefined;
  /** The role that the person acts with; zero in a conversation, and for who is no member. */
  readonly rank: MemberRole;
  /** Whether the person may write here. */
  readonly canWrite: boolean;
  /** The message whose answers are shown; undefined in the log. */
  readonly threadOf?: string | undefined;
}

export const SettingContext = createContext<Setting | undefined>(undefined);

/** Where what is drawn stands. Only for what is inside of a place. */
export function useSetting(): Setting {
  const setting = useContext(SettingContext);
  if (setting === undefined) throw new Error("this stands in no place");
  return setting;
}

/** Whether the person may act on what others say here. */
export function canModerate({ room, rank }: Setting): boolean {
  return room?.isActive === true && rank >= MemberRole.MODERATOR;
}

/** Whether the person may pin here: the two of a conversation are equals. */
export function canPin(setting: Setting): boolean {
  return setting.room === undefined ? setting.canWrite : canModerate(setting);
}
