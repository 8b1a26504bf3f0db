import { MemberRole, type Room } from "#gen/veza/chat/v1/room_pb.ts";

/** The role that somebody acts with in a room: administrators of the service are admins of every room. */
export function rankIn({ myRole }: Pick<Room, "myRole">, isAdmin: boolean): MemberRole {
  const own = myRole ?? MemberRole.UNSPECIFIED;
  return isAdmin && own < MemberRole.ADMIN ? MemberRole.ADMIN : own;
}
