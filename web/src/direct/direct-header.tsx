import { BackLink } from "../app/back-link.tsx";
import { Avatar } from "../ui/avatar.tsx";

interface DirectHeaderProps {
  readonly userId: string;
  readonly username: string;
  readonly isOnline: boolean;
}

export function DirectHeader({ userId, username, isOnline }: DirectHeaderProps) {
  return (
    <header class="place-head">
      <BackLink />
      <Avatar userId={userId} username={username} isOnline={isOnline} />
      <div class="place-title">
        <h1>
          <span>{username}</span>
        </h1>
        <p>{isOnline ? "Online" : "Direct messages"}</p>
      </div>
    </header>
  );
}
