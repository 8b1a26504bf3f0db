import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { ChatEvent, ChatSignal } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Member } from "#gen/veza/chat/v1/room_pb.ts";
import type { Clients } from "../app/clients.ts";

/** The members of one room, as far as they have been read. */
export interface Circle {
  readonly members: ReadonlySignal<readonly Member[] | undefined>;
  readonly hasMore: ReadonlySignal<boolean>;
  load(): Promise<void>;
  loadMore(): Promise<void>;
  apply(event: ChatEvent): void;
  notice(signal: ChatSignal): void;
}

export type People = ReturnType<typeof createPeople>;

/** Who is in the rooms that were looked at. */
export function createPeople({ chat }: Pick<Clients, "chat">) {
  const circles = new Map<string, Circle>();
  return {
    in(roomId: string): Circle {
      const circle = circles.get(roomId) ?? createCircle({ chat }, roomId);
      circles.set(roomId, circle);
      return circle;
    },
    /** The members of a room that somebody has looked at. */
    known: (roomId: string): Circle | undefined => circles.get(roomId),
  };
}

/** A mute that does not end by itself. */
const FOR_GOOD = timestampFromMs(Date.UTC(9999, 0));

type Change = Partial<Pick<Member, "role" | "isOnline">> & { readonly mutedUntil?: Timestamp | undefined };

function changed(member: Member, changes: Change): Member {
  const { mutedUntil, ...rest } = { ...member, ...changes };
  return (mutedUntil === undefined ? rest : { ...rest, mutedUntil }) as Member;
}

function createCircle({ chat }: Pick<Clients, "chat">, roomId: string): Circle {
  const members = signal<readonly Member[] | undefined>(undefined);
  const nextPage = signal("");

  async function read(pageToken: string): Promise<void> {
    const page = await chat.listMembers({ roomId, pageSize: 100, pageToken });
    const before = pageToken === "" ? [] : (members.peek() ?? []);
    const known = new Set(before.map(({ userId }) => userId));
    members.value = [...before, ...page.members.filter(({ userId }) => !known.has(userId))];
    nextPage.value = page.nextPageToken;
  }

  function change(userId: string, changes: Change): void {
    members.value = members.peek()?.map((member) => (member.userId === userId ? changed(member, changes) : member));
  }

  return {
    members,
    hasMore: computed(() => nextPage.value !== ""),
    load: () => read(""),
    loadMore: () => read(nextPage.peek()),

    apply({ payload }) {
      const list = members.peek();
      if (list === undefined) return;
      switch (payload.case) {
        case "memberJoined": {
          const { member } = payload.value;
          if (member === undefined) return;
          // Those who follow events are told of; whoever has just joined is looking.
          members.value = [...list.filter(({ userId }) => userId !== member.userId), { ...member, isOnline: true }];
          return;
        }
        case "memberLeft": {
          const gone = payload.value.userId;
          members.value = list.filter(({ userId }) => userId !== gone);
          return;
        }
        case "memberRoleChanged":
          change(payload.value.userId, { role: payload.value.role });
          return;
        case "sanctionImposed": {
          const { sanction } = payload.value;
          if (sanction?.kind === SanctionKind.MUTE)
            change(sanction.userId, { mutedUntil: sanction.expiresAt ?? FOR_GOOD });
          return;
        }
        case "sanctionLifted":
          if (payload.value.kind === SanctionKind.MUTE) change(payload.value.userId, { mutedUntil: undefined });
          return;
      }
    },

    notice({ payload }) {
      if (payload.case !== "presence") return;
      change(payload.value.userId, { isOnline: payload.value.status !== PresenceStatus.OFFLINE });
    },
  };
}
