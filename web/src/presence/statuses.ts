import { type Presence, PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";

/** What one can show oneself as. */
export const STATUSES = [
  { status: PresenceStatus.ONLINE, label: "Online" },
  { status: PresenceStatus.AWAY, label: "Away" },
  { status: PresenceStatus.BUSY, label: "Do not disturb" },
  { status: PresenceStatus.OFFLINE, label: "Invisible" },
] as const;

const NAMES: Partial<Record<PresenceStatus, string>> = {
  [PresenceStatus.ONLINE]: "online",
  [PresenceStatus.AWAY]: "away",
  [PresenceStatus.BUSY]: "busy",
};

/**
 * How somebody shows themselves.
 * @param isOnline what a list said, for while nothing better is known
 */
export function statusOf(presence: Presence | undefined, isOnline: boolean): PresenceStatus {
  return presence?.status ?? (isOnline ? PresenceStatus.ONLINE : PresenceStatus.OFFLINE);
}

export function isThere(presence: Presence | undefined, isOnline: boolean): boolean {
  return statusOf(presence, isOnline) !== PresenceStatus.OFFLINE;
}

/** In a word. */
export function statusName(status: PresenceStatus): string {
  return NAMES[status] ?? "offline";
}
