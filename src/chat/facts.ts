import { create } from "@bufbuild/protobuf";
import {
  type LeaveReason,
  MemberJoinedSchema,
  MemberLeftSchema,
  MemberRoleChangedSchema,
  RoomArchivedSchema,
  RoomCreatedSchema,
  RoomUpdatedSchema,
  SanctionImposedSchema,
  SanctionLiftedSchema,
} from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { NewEvent } from "./events/event-log.ts";
import { publicMember, publicRoom, publicSanction } from "./public-view.ts";
import type { Member } from "./store/member-store.ts";
import type { Room } from "./store/room-store.ts";
import type { Sanction } from "./store/sanction-store.ts";

/** What can happen to a room and its members, as the payload of the event that tells of it. */
type Payload = NewEvent["payload"];

export function roomCreated(room: Room): Payload {
  return (sequence) => ({
    case: "roomCreated",
    value: create(RoomCreatedSchema, { room: publicRoom({ ...room, headSequence: sequence }) }),
  });
}

export function roomUpdated(room: Room): Payload {
  return (sequence) => ({
    case: "roomUpdated",
    value: create(RoomUpdatedSchema, { room: publicRoom({ ...room, headSequence: sequence }) }),
  });
}

export function roomArchived(): Payload {
  return () => ({ case: "roomArchived", value: create(RoomArchivedSchema) });
}

export function memberJoined(member: Member): Payload {
  return () => ({ case: "memberJoined", value: create(MemberJoinedSchema, { member: publicMember(member) }) });
}

export function memberLeft(member: Pick<Member, "userId" | "username">, reason: LeaveReason): Payload {
  const { userId, username } = member;
  return () => ({ case: "memberLeft", value: create(MemberLeftSchema, { userId, username, reason }) });
}

export function memberRoleChanged(member: Pick<Member, "userId" | "role">): Payload {
  const { userId, role } = member;
  return () => ({ case: "memberRoleChanged", value: create(MemberRoleChangedSchema, { userId, role }) });
}

export function sanctionImposed(sanction: Sanction): Payload {
  return () => ({
    case: "sanctionImposed",
    value: create(SanctionImposedSchema, { sanction: publicSanction(sanction) }),
  });
}

export function sanctionLifted(sanction: Pick<Sanction, "userId" | "kind">): Payload {
  const { userId, kind } = sanction;
  return () => ({ case: "sanctionLifted", value: create(SanctionLiftedSchema, { userId, kind }) });
}
