import { useWorkspace } from "../app/use-workspace.ts";
import { statusName, statusOf } from "./statuses.ts";

/** The few words that somebody chose; whether they are there is only read out. */
export function StatusWords({ userId, isOnline }: { readonly userId: string; readonly isOnline: boolean }) {
  const { presence } = useWorkspace();
  const known = presence.of(userId);
  return (
    <>
      <span class="hidden">, {statusName(statusOf(known, isOnline))}</span>
      {known !== undefined && known.statusText !== "" && <span class="row-note">{known.statusText}</span>}
    </>
  );
}
