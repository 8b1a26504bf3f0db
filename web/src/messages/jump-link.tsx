import { Link } from "../app/link.tsx";
import { navigate } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";

/** Leads to a message in its log. */
export function JumpLink({ to }: { readonly to: string }) {
  const { panel } = useWorkspace();
  return (
    <Link
      to={to}
      class="text-button jump-link"
      onFollow={() => {
        // Where the panel covers the log, it makes room.
        if (!matchMedia("(min-width: 68rem)").matches) panel.close();
        navigate(to, { again: true });
      }}
    >
      Show in place
    </Link>
  );
}
