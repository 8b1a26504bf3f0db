import { useWorkspace } from "../app/use-workspace.ts";
import { Avatar } from "../ui/avatar.tsx";
import { statusName, statusOf } from "./statuses.ts";

interface PersonAvatarProps {
  readonly userId: string;
  readonly username: string;
  /** What a list said, for while nothing better is known. */
  readonly isOnline: boolean;
  readonly size?: "small" | "medium";
}

/** A person, with a dot for how they show themselves. */
export function PersonAvatar({ userId, username, isOnline, size = "small" }: PersonAvatarProps) {
  const { presence } = useWorkspace();
  const status = statusName(statusOf(presence.of(userId), isOnline));
  return <Avatar userId={userId} username={username} size={size} status={status} />;
}
