import { useEffect, useState } from "preact/hooks";
import type { Session } from "#gen/veza/auth/v1/session_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { deviceOf } from "../text/devices.ts";
import { dateOf, shortText } from "../text/times.ts";
import { Button } from "../ui/button.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { complain } from "../ui/toasts.ts";
import { useAction } from "../ui/use-action.ts";

/** Where the person is signed in. */
export function SessionList() {
  const { clients } = useWorkspace();
  const [sessions, setSessions] = useState<readonly Session[]>();

  useEffect(() => {
    clients.auth.listSessions({ pageSize: 200 }).then((page) => setSessions(page.sessions), complain);
  }, [clients]);

  if (sessions === undefined) return <Skeleton label="Loading sessions" kind="rows" count={3} />;
  return (
    <ul class="sessions">
      {sessions.map((session) => (
        <SessionRow
          key={session.id}
          session={session}
          onEnded={() => setSessions((before) => before?.filter(({ id }) => id !== session.id))}
        />
      ))}
    </ul>
  );
}

function SessionRow({ session, onEnded }: { readonly session: Session; readonly onEnded: () => void }) {
  const { clients } = useWorkspace();
  const [end, isBusy] = useAction(async () => {
    await clients.auth.revokeSession({ sessionId: session.id });
    onEnded();
  });
  const { userAgent, address, lastUsedAt, isCurrent } = session;
  return (
    <li class="session">
      <div class="session-words">
        <b title={userAgent}>{deviceOf(userAgent)}</b>
        <span>
          {address !== "" && `${address} · `}
          last used {shortText(dateOf(lastUsedAt))}
        </span>
      </div>
      {isCurrent ? (
        <span class="role">This device</span>
      ) : (
        <Button isBusy={isBusy} onClick={() => void end()}>
          End<span class="hidden"> session on {deviceOf(userAgent)}</span>
        </Button>
      )}
    </li>
  );
}
