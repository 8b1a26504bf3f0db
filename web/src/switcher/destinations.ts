import { type Room, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { paths } from "../app/router.ts";
import type { Workspace } from "../app/workspace.ts";
import type { IconName } from "../ui/icon.tsx";

/** Somewhere one can go. */
export interface Destination {
  readonly to: string;
  readonly name: string;
  /** Drawn before the name; a person is drawn as themselves. */
  readonly icon?: IconName;
  readonly userId?: string;
  readonly note?: string;
  /** How much is unread there. */
  readonly unread: number;
}

/** Everywhere that the person could go, what is unread first. */
export function destinationsOf({ rooms, conversations, unread }: Workspace): Destination[] {
  const room = ({ id, name, type }: Room, note?: string): Destination => ({
    to: paths.room(id),
    name,
    icon: type === RoomType.PRIVATE ? "lock" : "hash",
    unread: unread.of(id).count,
    ...(note !== undefined && { note }),
  });
  const all: Destination[] = [
    ...conversations.list.value.map(({ roomId, otherUserId, otherUsername }) => ({
      to: paths.direct(otherUserId),
      name: otherUsername || "Deleted account",
      userId: otherUserId,
      unread: unread.of(roomId).count,
    })),
    ...rooms.joined.value.map((each) => room(each)),
    { to: paths.streams, name: "Live audio", icon: "headphones", unread: 0 },
    { to: paths.account, name: "Account and settings", icon: "settings", unread: 0 },
    ...rooms.discoverable.value.map((each) => ({ ...room(each, "not joined"), unread: 0 })),
  ];
  return [...all.filter(isUnread), ...all.filter((each) => !isUnread(each))];
}

const isUnread = ({ unread }: Destination): boolean => unread > 0;

/** Those whose name begins with what was written, then those of which a word does, then those that hold it. */
export function matching(destinations: readonly Destination[], words: string, most: number): readonly Destination[] {
  const sought = words.trim().toLowerCase();
  if (sought === "") return destinations.slice(0, most);
  const ranked = destinations.flatMap((destination) => {
    const name = destination.name.toLowerCase();
    const at = name.indexOf(sought);
    if (at < 0) return [];
    const rank = at === 0 ? 0 : / |[-_.]/.test(name[at - 1] as string) ? 1 : 2;
    return [{ destination, rank }];
  });
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ destination }) => destination);
}
