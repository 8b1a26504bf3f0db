import { Empty } from "../parts/empty.tsx";
import { Link } from "../parts/link.tsx";
import { paths } from "../state/router.ts";

export function UnknownPage() {
  return (
    <Empty isPage icon="warning" title="There is nothing at this address" text="The link may be incomplete.">
      <Link to={paths.home} class="button button-primary">
        Go to the start
      </Link>
    </Empty>
  );
}
