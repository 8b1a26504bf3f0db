import type { Database } from "../../platform/database/database.ts";
import type { UserId } from "../../platform/ids.ts";
import type { DirectStore } from "../store/direct-store.ts";
import type { MemberStore } from "../store/member-store.ts";
import type { ChatTables } from "../tables.ts";

/** What there is between one user and another whose presence is asked for, or told of. */
export interface Between {
  readonly isSelf: boolean;
  /** Both are members of one room. Following it as a stranger is not enough. */
  readonly sharesRoom: boolean;
  /** One of them has blocked the other. */
  readonly isApart: boolean;
}

/** Whether one may see how, and whether, another is there. The rule of all reads and of all signals. */
export const isSeen = ({ isSelf, sharesRoom, isApart }: Between): boolean => isSelf || (sharesRoom && !isApart);

/** Who may see whom, by what is stored. */
export interface Sight {
  /** Of these users, at most 200, those whom the viewer may see, with their names; the viewer without one. */
  seenBy(viewer: UserId, userIds: readonly UserId[]): Promise<Map<UserId, string>>;
  /** Whether one of the two has blocked the other. */
  areApart(one: UserId, other: UserId): Promise<boolean>;
}

export function createSight(needs: {
  database: Database<ChatTables>;
  members: Pick<MemberStore, "sharing">;
  directs: Pick<DirectStore, "apartFrom" | "isBlocked">;
}): Sight {
  const { members, directs } = needs;
  const { read } = needs.database;
  return {
    async seenBy(viewer, userIds) {
      const asked = [...new Set(userIds)];
      const others = asked.filter((userId) => userId !== viewer);
      const names = others.length === 0 ? new Map<UserId, string>() : await members.sharing(read, viewer, others);
      const apart = names.size === 0 ? new Set<UserId>() : await directs.apartFrom(read, viewer, [...names.keys()]);
      return new Map(
        asked
          .filter((userId) =>
            isSeen({ isSelf: userId === viewer, sharesRoom: names.has(userId), isApart: apart.has(userId) }),
          )
          .map((userId) => [userId, names.get(userId) ?? ""]),
      );
    },
    areApart: (one, other) => directs.isBlocked(read, one, other),
  };
}
